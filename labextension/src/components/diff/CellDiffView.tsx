/** One cell of a diff: what happened to it, its text, its outputs. */

import * as React from 'react';

import type { CellDiff } from '../../api/generated';
import { Button } from '../common/Button';
import { Outputs } from './Outputs';
import { Source, SourceDiff } from './SourceDiff';
import type { Highlight } from './types';

export interface ICellDiffProps {
  cell: CellDiff;
  oldName: string;
  newName: string;
  highlight: Highlight;
  /** Absent: this cell can't be restored. */
  onRestore?: (cell: CellDiff) => void;
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

const RESTORE: Record<CellDiff['status'], string> = {
  added: 'Remove this cell',
  removed: 'Bring this cell back',
  edited: 'Restore this cell',
  unchanged: 'Restore this cell'
};

export function CellDiffView(props: ICellDiffProps): JSX.Element {
  const { cell, highlight, onRestore } = props;
  const label = badge(cell);
  const restorable = cell.status !== 'unchanged' || cell.metadata_differs;
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
        {cell.metadata_differs ? (
          <span className="nbt-badge">Cell metadata differs</span>
        ) : null}
        <span className="nbt-muted">
          {cell.cell_type} cell {position(cell)}
        </span>
        {onRestore && restorable ? (
          <Button testId="nbtrack-restore-cell" onClick={() => onRestore(cell)}>
            {RESTORE[cell.status]}
          </Button>
        ) : null}
      </header>
      <CellText cell={cell} highlight={highlight} />
      {cell.outputs_differ ? <OutputsDiff {...props} /> : null}
    </section>
  );
}

function CellText({
  cell,
  highlight
}: Pick<ICellDiffProps, 'cell' | 'highlight'>): JSX.Element {
  const common = { cellType: cell.cell_type, highlight };
  const before = cell.old_source ?? '';
  const after = cell.new_source ?? '';
  switch (cell.status) {
    case 'added':
      return <Source source={after} kind="added" {...common} />;
    case 'removed':
      return <Source source={before} kind="removed" {...common} />;
    case 'edited':
      return <SourceDiff before={before} after={after} {...common} />;
    case 'unchanged':
      return <Source source={after || before} isShort {...common} />;
  }
}

function OutputsDiff({ cell, oldName, newName }: ICellDiffProps): JSX.Element {
  const [open, setOpen] = React.useState(false);
  const sides: [string, typeof cell.old_outputs][] = [
    [oldName, cell.old_outputs],
    [newName, cell.new_outputs]
  ];
  return (
    <div className="nbt-outputs-diff">
      <button
        type="button"
        className="nbt-disclosure"
        aria-expanded={open}
        data-testid="nbtrack-outputs-toggle"
        onClick={() => setOpen(!open)}
      >
        {open ? '▾' : '▸'} Outputs differ ({cell.old_outputs?.length ?? 0} →{' '}
        {cell.new_outputs?.length ?? 0})
      </button>
      {open ? (
        <div className="nbt-outputs-sides">
          {sides.map(([name, outputs]) => (
            <div key={name}>
              <div className="nbt-side-name">{name}</div>
              <Outputs outputs={outputs ?? []} label={`Outputs of ${name}`} />
            </div>
          ))}
        </div>
      ) : null}
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
  return parts.join(', ');
}

function position(cell: CellDiff): string {
  return String((cell.new_index ?? cell.old_index ?? 0) + 1);
}
