/** Code to read: highlighted where the host can, plain text elsewhere. */

import * as React from 'react';

/** Puts the highlighted code into the host element. */
export type ISourceRenderer = (source: string, host: HTMLElement) => Promise<void>;

export interface ISourceProps {
  source: string;
  label: string;
  render?: ISourceRenderer;
}

export function Source({ source, label, render }: ISourceProps): JSX.Element {
  const host = React.useRef<HTMLPreElement>(null);
  const [isRendered, setRendered] = React.useState(false);
  React.useEffect(() => {
    let isGone = false;
    const made = document.createElement('span');
    setRendered(false);
    render?.(source, made).then(
      () => {
        if (!isGone && host.current) {
          host.current.replaceChildren(made);
          setRendered(true);
        }
      },
      (error: unknown) => console.warn('Code is shown without highlighting.', error)
    );
    return () => {
      isGone = true;
    };
  }, [source, render]);
  return (
    <div className="nbt-source" role="region" aria-label={label} tabIndex={0}>
      <pre ref={host} hidden={!isRendered} />
      {isRendered ? null : <pre>{source}</pre>}
    </div>
  );
}
