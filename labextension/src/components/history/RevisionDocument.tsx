/** A notebook as it was at a revision, to read. */

import * as React from 'react';

import type { RevisionInfo } from '../../api/generated';
import { formatInstant, plural } from '../../model/format';
import { Button } from '../common/Button';
import { Loading, Message } from '../common/Message';
import { Outputs } from '../diff/Outputs';
import { Source } from '../diff/SourceDiff';
import type { Highlight } from '../diff/types';
import { describeReason } from './describe';

export interface IRevisionDocumentState {
  revision: RevisionInfo | null;
  cells: readonly Record<string, unknown>[];
  error: string | null;
}

export interface IRevisionDocumentProps {
  state: IRevisionDocumentState;
  highlight: Highlight;
  compare: () => void;
  restore: () => void;
  saveAs: () => void;
  exportAs: () => void;
  retry: () => void;
}

export function RevisionDocument(props: IRevisionDocumentProps): JSX.Element {
  const { revision, cells, error } = props.state;
  if (error !== null) {
    return (
      <Message kind="error" title="The revision could not be read">
        <p>{error}</p>
        <Button onClick={props.retry}>Try again</Button>
      </Message>
    );
  }
  if (!revision) {
    return <Loading label="Reading the revision" />;
  }
  return (
    <div className="nbt-diff" data-testid="nbtrack-revision-document">
      <header className="nbt-diff-header">
        <div className="nbt-diff-title">
          <h2>
            r{revision.number}
            {revision.label ? ` “${revision.label}”` : ''}
          </h2>
          <span className="nbt-muted">
            {describeReason(revision)}, {formatInstant(revision.created_at)} by{' '}
            {revision.author}, {plural(cells.length, 'cell')}, read-only
          </span>
        </div>
        <div className="nbt-diff-buttons">
          <Button onClick={props.compare}>Compare with now</Button>
          <Button onClick={props.saveAs}>Save as new notebook…</Button>
          <Button onClick={props.exportAs}>Export…</Button>
          <Button onClick={props.restore}>Restore…</Button>
        </div>
      </header>
      <div className="nbt-diff-cells" tabIndex={0} role="region" aria-label="Cells">
        {cells.map((cell, index) => (
          <Cell
            key={String(cell.id ?? index)}
            cell={cell}
            highlight={props.highlight}
          />
        ))}
      </div>
    </div>
  );
}

interface ICellProps {
  cell: Record<string, unknown>;
  highlight: Highlight;
}

function Cell({ cell, highlight }: ICellProps): JSX.Element {
  const source = Array.isArray(cell.source)
    ? cell.source.join('')
    : String(cell.source ?? '');
  const outputs = (cell.outputs ?? []) as Record<string, unknown>[];
  const type = String(cell.cell_type);
  const count = typeof cell.execution_count === 'number' ? cell.execution_count : ' ';
  return (
    <section
      className="nbt-cell-diff nbt-cell-unchanged"
      data-cell-id={String(cell.id)}
    >
      <header className="nbt-cell-diff-header">
        <span className="nbt-muted">{type === 'code' ? `[${count}]` : type}</span>
      </header>
      <Source source={source} cellType={type} highlight={highlight} />
      {outputs.length > 0 ? <Outputs outputs={outputs} label="Outputs" /> : null}
    </section>
  );
}
