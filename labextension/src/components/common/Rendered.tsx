/** Stored outputs, shown by what the host has for it. */

import * as React from 'react';

import { type Output, Outputs } from '../diff/Outputs';

/**
 * Show an output in an element; what is returned takes it away.
 *
 * @throws Error where nothing can show it.
 */
export type RenderOutput = (output: Output, host: HTMLElement) => () => void;

export interface IRenderedProps {
  outputs: readonly Output[];
  render: RenderOutput;
  label: string;
}

export function Rendered({ outputs, render, label }: IRenderedProps): JSX.Element {
  return (
    <div className="nbt-rendered" role="group" aria-label={label}>
      {outputs.map((output, index) =>
        isDrawing(output) ? (
          <Outputs key={index} outputs={[output]} label="Drawing" />
        ) : (
          <RenderedOutput key={index} output={output} render={render} />
        )
      )}
    </div>
  );
}

/** JupyterLab shows no drawing that is not trusted; as a picture it can do no harm. */
function isDrawing(output: Output): boolean {
  const data = (output.data ?? {}) as Record<string, unknown>;
  return 'image/svg+xml' in data && !('image/png' in data) && !('image/jpeg' in data);
}

function RenderedOutput(props: { output: Output; render: RenderOutput }): JSX.Element {
  const { output, render } = props;
  const host = React.useRef<HTMLDivElement>(null);
  const [error, setError] = React.useState<string | null>(null);
  React.useEffect(() => {
    try {
      setError(null);
      return host.current ? render(output, host.current) : undefined;
    } catch (reason) {
      setError(reason instanceof Error ? reason.message : String(reason));
      return undefined;
    }
  }, [output, render]);
  return (
    <>
      <div ref={host} className="jp-OutputArea-output" />
      {error === null ? null : <span className="nbt-muted">{error}</span>}
    </>
  );
}
