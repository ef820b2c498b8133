/** The text of one cell on both sides beside each other, in editors that come when seen. */

import * as React from 'react';

import { useSeen } from '../common/useSeen';
import { SourceDiff, type ISourceDiffProps } from './SourceDiff';
import type { ShowBeside } from './types';

export interface ISplitDiffProps extends ISourceDiffProps {
  loadBeside: () => Promise<ShowBeside>;
}

export function SplitDiff(props: ISplitDiffProps): JSX.Element {
  const { before, after, cellType, loadBeside } = props;
  const host = React.useRef<HTMLDivElement>(null);
  const seen = useSeen(host);
  const [failed, setFailed] = React.useState(false);
  React.useEffect(() => {
    const parent = host.current;
    if (!seen || !parent) {
      return;
    }
    let remove: (() => void) | null = null;
    let gone = false;
    loadBeside().then(
      show => {
        if (!gone) {
          remove = show(parent, before, after, cellType);
        }
      },
      () => setFailed(true)
    );
    return () => {
      gone = true;
      remove?.();
    };
  }, [seen, before, after, cellType, loadBeside]);
  if (failed) {
    return <SourceDiff {...props} />;
  }
  const lines = Math.max(before.split('\n').length, after.split('\n').length);
  return (
    <div
      ref={host}
      className="nbt-split"
      data-testid="nbtrack-split"
      style={{ minHeight: `${Math.min(lines, 30) * 1.3}em` }}
    />
  );
}
