/** Syntax highlighting that comes when its languages are loaded; plain until then. */

import * as React from 'react';

import type { Highlight } from '../diff/types';

const PLAIN: Highlight = () => [];

export function useHighlight(load: () => Promise<Highlight>): Highlight {
  const [highlight, setHighlight] = React.useState<Highlight>(() => PLAIN);
  React.useEffect(() => {
    load().then(
      found => setHighlight(() => found),
      (error: unknown) => console.warn('Code is shown without colours.', error)
    );
  }, [load]);
  return highlight;
}
