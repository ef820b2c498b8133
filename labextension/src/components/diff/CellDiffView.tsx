/** One cell of a diff: what happened to it, its text, its outputs, its metadata. */

import * as React from 'react';

import type { CellDiff } from '../../api/generated';
import { Button } from '../common/Button';
import { Disclosure } from '../common/Disclosure';
import { useSeen } from '../common/useSeen';
import { MetadataDiff } from './MetadataDiff';
import { OutputsDiff } from './OutputsDiff';
import type { CellRestore } from './sides';
import { Source, SourceDiff } from './SourceDiff';
import { SplitDiff } from './SplitDiff';
import type { DiffLayout, Highlight, IDiffPieces, ShowBeside } from './types';

export interface ICellDiffProps {
  cell: CellDiff;
  oldName: string;
  newName: string;
  highlight: Highlight;
  layout: DiffLayout;
  loadBeside: () => Promise<ShowBeside>;
  pieces: IDiffPieces;
  /** What restoring this cell means; null where it can't be. */
  restoreOf: (cell: CellDiff) => CellRestore | null;
  onRestore: (cell: CellDiff) => void;
}

const STATUS: Record<CellDiff['status'], string> = {
  added: 'Added',
  removed: 'Removed',
  edited: 'Edited',
  unchanged: 'Same text'
};

/** What the badge says; a moved cell has one of its own. */
function badge(cell: CellDiff): string | null {
  if (cell.status !== 'unchanged') {
    return STATUS[cell.status];
  }
  return cell.outputs_differ ? 'Only outputs' : null;
}

export function CellDiffView(props: ICellDiffProps): JSX.Element {
  const { cell } = props;
  const label = badge(cell);
  const restore = props.restoreOf(cell);
  return (
    <section
      className={`nbt-cell-diff nbt-cell-${cell.status}`}
      tabIndex={-1}
      aria-label={`${describe(cell)}, ${cell.cell_type} cell ${position(cell)}`}
      data-testid="nbtrack-cell-diff"
      data-cell-id={cell.cell_id}
      data-status={cell.status}
      data-changed="true"
    >
      <header className="nbt-cell-diff-header">
        {label ? (
          <span className={`nbt-badge nbt-badge-${cell.status}`}>{label}</span>
        ) : null}
        {cell.moved ? (
          <span className="nbt-badge nbt-badge-moved">
            Moved from {(cell.old_index ?? 0) + 1} to {(cell.new_index ?? 0) + 1}
          </span>
        ) : null}
        <span className="nbt-muted">
          {cell.cell_type} cell {position(cell)}
        </span>
        {restore ? (
          <Button testId="nbtrack-restore-cell" onClick={() => props.onRestore(cell)}>
            {restore.label}
          </Button>
        ) : null}
      </header>
      <CellText {...props} />
      {cell.outputs_differ ? <CellOutputs {...props} /> : null}
      {cell.metadata_differs ? (
        <div className="nbt-outputs-diff">
          <Disclosure label="Metadata differs" testId="nbtrack-metadata-toggle">
            {() => <MetadataDiff cell={cell} pieces={props.pieces} />}
          </Disclosure>
        </div>
      ) : null}
    </section>
  );
}

function CellText(props: ICellDiffProps): JSX.Element {
  const { cell, highlight } = props;
  const common = { cellType: cell.cell_type, highlight };
  const before = cell.old_source ?? '';
  const after = cell.new_source ?? '';
  switch (cell.status) {
    case 'added':
      return <Source source={after} kind="added" {...common} />;
    case 'removed':
      return <Source source={before} kind="removed" {...common} />;
    case 'edited':
      return props.layout === 'split' ? (
        <SplitDiff
          before={before}
          after={after}
          loadBeside={props.loadBeside}
          {...common}
        />
      ) : (
        <SourceDiff before={before} after={after} {...common} />
      );
    case 'unchanged':
      return <Source source={after || before} isShort {...common} />;
  }
}

/** Open at once where outputs are all that differs, as soon as one looks at them. */
function CellOutputs(props: ICellDiffProps): JSX.Element {
  const { cell } = props;
  const place = React.useRef<HTMLDivElement>(null);
  const seen = useSeen(place);
  const isAll = cell.status === 'unchanged' && !cell.moved;
  return (
    <div ref={place} className="nbt-outputs-diff">
      {isAll && !seen ? null : (
        <Disclosure
          label={`Outputs differ (${cell.old_output_count} → ${cell.new_output_count})`}
          isOpen={isAll}
          testId="nbtrack-outputs-toggle"
        >
          {() => (
            <OutputsDiff
              cell={cell}
              oldName={props.oldName}
              newName={props.newName}
              pieces={props.pieces}
            />
          )}
        </Disclosure>
      )}
    </div>
  );
}

function describe(cell: CellDiff): string {
  const parts = [STATUS[cell.status]];
  if (cell.moved) {
    parts.push('moved');
  }
  if (cell.outputs_differ) {
    parts.push('outputs differ');
  }
  if (cell.metadata_differs) {
    parts.push('metadata differs');
  }
  return parts.join(', ');
}

function position(cell: CellDiff): string {
  return String((cell.new_index ?? cell.old_index ?? 0) + 1);
}
