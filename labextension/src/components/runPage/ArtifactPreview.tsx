/** One artifact, shown as what it is; nothing stored is trusted to run by itself. */

import * as React from 'react';

import type { ArtifactInfo } from '../../api/generated';
import { formatBytes } from '../../model/format';
import { Button } from '../common/Button';
import { IconButton } from '../common/Icon';
import { Loading } from '../common/Message';
import { JsonView } from './JsonView';

export interface IArtifactPreviewProps {
  artifact: ArtifactInfo;
  load: (path: string) => Promise<Blob>;
}

/** Larger ones are offered to download only. */
const MOST_PREVIEWED = 10_000_000;
const MOST_TEXT = 200_000;

type Kind = 'image' | 'html' | 'json' | 'text' | 'other';

function kindOf({ media_type: type, size_bytes: size }: ArtifactInfo): Kind {
  if (size > MOST_PREVIEWED) {
    return 'other';
  }
  if (type.startsWith('image/')) {
    return 'image';
  }
  if (type === 'text/html') {
    return 'html';
  }
  if (type === 'application/json' || type.endsWith('+json')) {
    return 'json';
  }
  const isText = type.startsWith('text/') || /(xml|yaml|toml|javascript)$/.test(type);
  return isText ? 'text' : 'other';
}

export function ArtifactPreview({
  artifact,
  load
}: IArtifactPreviewProps): JSX.Element {
  const kind = kindOf(artifact);
  const [blob, setBlob] = React.useState<Blob | null>(null);
  const [error, setError] = React.useState<string | null>(null);
  const { path } = artifact;

  React.useEffect(() => {
    let isGone = false;
    if (kind !== 'other') {
      load(path).then(
        found => !isGone && setBlob(found),
        (reason: unknown) => !isGone && setError(String(reason))
      );
    }
    return () => {
      isGone = true;
    };
  }, [kind, path, load]);

  const download = (): void => {
    load(path).then(saveAs(path), (reason: unknown) => setError(String(reason)));
  };
  return (
    <div
      className="nbt-preview"
      data-testid="nbtrack-artifact-preview"
      data-kind={kind}
    >
      <div className="nbt-preview-head">
        <span className="nbt-grow">
          {path} <span className="nbt-muted">{artifact.media_type}</span>
        </span>
        <IconButton icon="download" label={`Download ${path}`} onClick={download} />
      </div>
      {error ? (
        <p className="nbt-error-text" role="alert">
          {error}
        </p>
      ) : kind === 'other' ? (
        <p className="nbt-muted">
          No preview of {artifact.media_type}, {formatBytes(artifact.size_bytes)}.{' '}
          <Button onClick={download}>Download</Button>
        </p>
      ) : blob ? (
        <Content
          kind={kind}
          blob={blob}
          path={path}
          isProse={/^text\/(plain|markdown)/.test(artifact.media_type)}
        />
      ) : (
        <Loading label="Reading the artifact" />
      )}
    </div>
  );
}

interface IContentProps {
  kind: Exclude<Kind, 'other'>;
  blob: Blob;
  path: string;
  /** Long lines are wrapped. */
  isProse: boolean;
}

function Content({ kind, blob, path, isProse }: IContentProps): JSX.Element | null {
  const [text, setText] = React.useState<string | null>(null);
  const url = useObjectUrl(kind === 'image' ? blob : null);
  React.useEffect(() => {
    let isGone = false;
    if (kind !== 'image') {
      void blob.text().then(found => !isGone && setText(found));
    }
    return () => {
      isGone = true;
    };
  }, [kind, blob]);

  if (kind === 'image') {
    return url ? <img className="nbt-preview-image" src={url} alt={path} /> : null;
  }
  if (text === null) {
    return null;
  }
  switch (kind) {
    case 'html':
      return <HtmlView html={text} title={path} />;
    case 'json':
      return <JsonView text={text} />;
    case 'text':
      return <TextView text={text} isProse={isProse} />;
  }
}

function TextView(props: { text: string; isProse: boolean }): JSX.Element {
  const { text, isProse } = props;
  const isCut = text.length > MOST_TEXT;
  return (
    <>
      <pre
        className={isProse ? 'nbt-preview-text nbt-preview-prose' : 'nbt-preview-text'}
        tabIndex={0}
      >
        {isCut ? text.slice(0, MOST_TEXT) : text}
      </pre>
      {isCut ? <p className="nbt-muted">The rest is in the download.</p> : null}
    </>
  );
}

/** In a frame of an origin of its own: it can reach neither the page nor the server. */
function HtmlView({ html, title }: { html: string; title: string }): JSX.Element {
  const [withScripts, setWithScripts] = React.useState(false);
  return (
    <>
      <iframe
        key={String(withScripts)}
        className="nbt-preview-html"
        title={title}
        sandbox={withScripts ? 'allow-scripts' : ''}
        referrerPolicy="no-referrer"
        srcDoc={html}
      />
      {withScripts || !/<script/i.test(html) ? null : (
        <p className="nbt-muted">
          Scripts in it are off.{' '}
          <Button onClick={() => setWithScripts(true)}>Run scripts</Button>
        </p>
      )}
    </>
  );
}

function useObjectUrl(blob: Blob | null): string | null {
  const [url, setUrl] = React.useState<string | null>(null);
  React.useEffect(() => {
    if (!blob) {
      return undefined;
    }
    const made = URL.createObjectURL(blob);
    setUrl(made);
    return () => URL.revokeObjectURL(made);
  }, [blob]);
  return url;
}

function saveAs(path: string): (blob: Blob) => void {
  return blob => {
    const link = document.createElement('a');
    link.href = URL.createObjectURL(blob);
    link.download = path.split('/').pop() ?? path;
    link.click();
    window.setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
  };
}
