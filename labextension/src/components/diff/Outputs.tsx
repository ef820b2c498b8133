/** Stored outputs, rendered untrusted: no script runs, nothing is fetched by them. */

import * as React from 'react';

import { formatBytes } from '../../model/format';

/** An output as nbformat JSON. */
export type Output = Record<string, unknown>;

const IMAGES = ['image/png', 'image/jpeg', 'image/gif', 'image/webp'];

export interface IOutputsProps {
  outputs: readonly Output[];
  label: string;
}

export function Outputs({ outputs, label }: IOutputsProps): JSX.Element {
  return (
    <div className="nbt-outputs" role="group" aria-label={label}>
      {outputs.length === 0 ? <span className="nbt-muted">No output</span> : null}
      {outputs.map((output, index) => (
        <OutputView key={index} output={output} />
      ))}
    </div>
  );
}

/** What an output that is nothing but text says; null for any other. */
export function plainText(output: Output): string | null {
  if (output.output_type === 'stream') {
    return withoutEscapes(joined(output.text));
  }
  if (output.output_type === 'error') {
    return errorText(output);
  }
  const data = (output.data ?? {}) as Record<string, unknown>;
  const types = Object.keys(data);
  return types.length === 1 && types[0] === 'text/plain'
    ? withoutEscapes(joined(data['text/plain']))
    : null;
}

function errorText(output: Output): string {
  const traceback = Array.isArray(output.traceback) ? output.traceback.join('\n') : '';
  return withoutEscapes(
    traceback || `${String(output.ename)}: ${String(output.evalue)}`
  );
}

function OutputView({ output }: { output: Output }): JSX.Element {
  if (output.output_type === 'stream') {
    const error = output.name === 'stderr';
    return (
      <Text text={joined(output.text)} className={error ? 'nbt-output-error' : ''} />
    );
  }
  if (output.output_type === 'error') {
    return <Text text={errorText(output)} className="nbt-output-error" />;
  }
  const omitted = omittedBytes(output);
  return (
    <>
      <Rich data={(output.data ?? {}) as Record<string, unknown>} />
      {omitted > 0 ? (
        <div className="nbt-diff-note nbt-muted">
          {`${formatBytes(omitted)} of this output were above the limit and are not kept.`}
        </div>
      ) : null}
    </>
  );
}

/** How much of an output was not kept; the history says so in its metadata. */
function omittedBytes(output: Output): number {
  const metadata = output.metadata as
    { nbtrack?: { omitted?: Record<string, { size_bytes?: number }> } } | undefined;
  return Object.values(metadata?.nbtrack?.omitted ?? {}).reduce(
    (sum, { size_bytes }) => sum + (size_bytes ?? 0),
    0
  );
}

function Rich({ data }: { data: Record<string, unknown> }): JSX.Element {
  const plain = data['text/plain'] === undefined ? '' : joined(data['text/plain']);
  const image = IMAGES.find(
    type => typeof data[type] === 'string' || Array.isArray(data[type])
  );
  if (image) {
    const base64 = joined(data[image]).replace(/\s/g, '');
    return <img src={`data:${image};base64,${base64}`} alt={plain || 'Image output'} />;
  }
  if (data['image/svg+xml'] !== undefined) {
    const svg = encodeURIComponent(joined(data['image/svg+xml']));
    return (
      <img src={`data:image/svg+xml;charset=utf-8,${svg}`} alt={plain || 'Drawing'} />
    );
  }
  if (data['text/html'] !== undefined) {
    return <Html html={joined(data['text/html'])} />;
  }
  if (plain) {
    return <Text text={plain} className="" />;
  }
  const types = Object.keys(data).join(', ');
  return <span className="nbt-muted">{types || 'Empty output'}</span>;
}

const SMALLEST = 24;
const TALLEST = 460;

/**
 * A frame that runs nothing and may load nothing from anywhere.
 *
 * `allow-same-origin` lets this page measure it; without scripts nothing in it can use that.
 */
function Html({ html }: { html: string }): JSX.Element {
  const [height, setHeight] = React.useState(120);
  const policy =
    '<meta http-equiv="Content-Security-Policy" ' +
    "content=\"default-src 'none'; img-src data:; style-src 'unsafe-inline'\">" +
    '<style>body{font:12px sans-serif;margin:4px}table{border-collapse:collapse}' +
    'td,th{padding:2px 6px;text-align:right}</style>';
  const onLoad = ({ currentTarget }: React.SyntheticEvent<HTMLIFrameElement>): void => {
    const needed = currentTarget.contentDocument?.documentElement.offsetHeight ?? 0;
    setHeight(Math.min(TALLEST, Math.max(SMALLEST, needed + 8)));
  };
  return (
    <iframe
      className="nbt-output-html"
      title="HTML output, without scripts"
      sandbox="allow-same-origin"
      referrerPolicy="no-referrer"
      style={{ height }}
      srcDoc={policy + html}
      onLoad={onLoad}
    />
  );
}

function Text({ text, className }: { text: string; className: string }): JSX.Element {
  return <pre className={`nbt-output-text ${className}`}>{withoutEscapes(text)}</pre>;
}

function joined(value: unknown): string {
  return Array.isArray(value) ? value.join('') : String(value ?? '');
}

/** Terminal colours are left out. */
function withoutEscapes(text: string): string {
  // eslint-disable-next-line no-control-regex
  return text.replace(/\u001b\[[0-9;?]*[A-Za-z]/g, '');
}
