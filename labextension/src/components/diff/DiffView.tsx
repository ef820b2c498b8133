/** A notebook at a revision against another one, or against now. */

import * as React from 'react';

import type { CellDiff, NotebookDiff, RevisionInfo } from '../../api/generated';
import { formatInstant, plural } from '../../model/format';
import { Button } from '../common/Button';
import { IconButton } from '../common/Icon';
import { Loading, Message } from '../common/Message';
import { CellDiffView, type ICellDiffProps } from './CellDiffView';
import { foldCells, isChanged } from './fold';
import { Source } from './SourceDiff';
import type { Highlight, IDiffActions, IDiffState } from './types';

export interface IDiffViewProps {
  state: IDiffState;
  actions: IDiffActions;
  highlight: Highlight;
}

export function DiffView({ state, actions, highlight }: IDiffViewProps): JSX.Element {
  const { diff } = state;
  if (!diff) {
    return state.status === 'error' ? (
      <Message
        kind="error"
        title="The revisions could not be compared"
        testId="nbtrack-diff-error"
      >
        <p>{state.error}</p>
        <Button onClick={actions.refresh}>Try again</Button>
      </Message>
    ) : (
      <Loading label="Comparing" />
    );
  }
  return <Loaded diff={diff} state={state} actions={actions} highlight={highlight} />;
}

function Loaded(props: IDiffViewProps & { diff: NotebookDiff }): JSX.Element {
  const { diff, state, actions, highlight } = props;
  const scroller = React.useRef<HTMLDivElement>(null);
  const go = (step: 1 | -1): void => goToChange(scroller.current, step);
  const changed = diff.cells.filter(isChanged).length;
  const onKeyDown = (event: React.KeyboardEvent): void => {
    const step = stepOf(event);
    if (step) {
      go(step);
      event.preventDefault();
      event.stopPropagation();
    }
  };
  return (
    <div className="nbt-diff" data-testid="nbtrack-diff" onKeyDown={onKeyDown}>
      <header className="nbt-diff-header">
        <div className="nbt-diff-title">
          <h2>
            {nameOf(diff.old)} <span aria-label="compared with">→</span>{' '}
            {diff.new ? nameOf(diff.new) : 'now'}
          </h2>
          <span className="nbt-muted">
            {formatInstant(diff.old.created_at)} by {diff.old.author}
            {state.path ? ` · ${state.path}` : ''}
          </span>
        </div>
        <Counts diff={diff} />
        <div className="nbt-diff-buttons">
          <IconButton
            icon="up"
            label="Previous change (p)"
            testId="nbtrack-diff-previous"
            disabled={changed === 0}
            onClick={() => go(-1)}
          />
          <IconButton
            icon="down"
            label="Next change (n)"
            testId="nbtrack-diff-next"
            disabled={changed === 0}
            onClick={() => go(1)}
          />
          <Button
            kind="primary"
            testId="nbtrack-diff-restore"
            disabled={changed === 0 && !diff.metadata_differs}
            onClick={actions.restore}
          >
            Restore r{diff.old.number}…
          </Button>
        </div>
      </header>
      <Notices state={state} refresh={actions.refresh} />
      <div
        ref={scroller}
        className="nbt-diff-cells"
        tabIndex={0}
        role="region"
        aria-label="Changes, n and p to move between them"
      >
        {changed === 0 ? (
          <Message title="No differences" testId="nbtrack-diff-same">
            <p>
              {diff.metadata_differs
                ? 'All cells are the same; only the notebook’s metadata differs.'
                : `${plural(diff.cells.length, 'cell')}, all the same.`}
            </p>
          </Message>
        ) : null}
        <Cells diff={diff} actions={actions} highlight={highlight} />
      </div>
    </div>
  );
}

function Notices({
  state,
  refresh
}: {
  state: IDiffState;
  refresh: () => void;
}): JSX.Element {
  return (
    <>
      {state.stale ? (
        <div className="nbt-diff-stale" role="status" data-testid="nbtrack-diff-stale">
          <span>The notebook changed since.</span>
          <Button onClick={refresh}>Refresh</Button>
        </div>
      ) : null}
      {state.status === 'error' ? (
        <Message kind="error" title="The comparison could not be refreshed">
          <p>{state.error}</p>
          <Button onClick={refresh}>Try again</Button>
        </Message>
      ) : null}
    </>
  );
}

function Cells(
  props: Pick<IDiffViewProps, 'actions' | 'highlight'> & { diff: NotebookDiff }
) {
  const { diff, actions, highlight } = props;
  const items = React.useMemo(() => foldCells(diff.cells), [diff]);
  const cellProps = {
    oldName: `r${diff.old.number}`,
    newName: diff.new ? `r${diff.new.number}` : 'Now',
    highlight,
    onRestore: actions.restoreCell
  };
  return (
    <>
      {items.map(item =>
        item.kind === 'fold' ? (
          <FoldedCells key={`fold-${item.key}`} cells={item.cells} {...cellProps} />
        ) : (
          <CellDiffView
            key={`${item.cell.cell_id}-${item.cell.status}`}
            cell={item.cell}
            {...cellProps}
          />
        )
      )}
    </>
  );
}

function FoldedCells(
  props: Omit<ICellDiffProps, 'cell'> & { cells: CellDiff[] }
): JSX.Element {
  const { cells, ...cellProps } = props;
  const [open, setOpen] = React.useState(false);
  const outputs = cells.filter(isChanged).length;
  return (
    <div className="nbt-fold">
      <button
        type="button"
        className="nbt-disclosure"
        aria-expanded={open}
        data-testid="nbtrack-diff-fold"
        onClick={() => setOpen(!open)}
      >
        {open ? '▾' : '▸'}{' '}
        {outputs > 0
          ? `${plural(cells.length, 'cell')} with the same text, ${outputs} with other outputs`
          : plural(cells.length, 'unchanged cell')}
      </button>
      {open
        ? cells.map(cell =>
            isChanged(cell) ? (
              <CellDiffView key={cell.cell_id} cell={cell} {...cellProps} />
            ) : (
              <div key={cell.cell_id} className="nbt-cell-diff nbt-cell-unchanged">
                <Source
                  source={cell.new_source ?? cell.old_source ?? ''}
                  cellType={cell.cell_type}
                  highlight={props.highlight}
                />
              </div>
            )
          )
        : null}
    </div>
  );
}

function Counts({ diff }: { diff: NotebookDiff }): JSX.Element {
  const outputs = diff.cells.filter(
    cell => cell.outputs_differ && cell.status === 'unchanged'
  ).length;
  const counts: [string, string, number, string][] = [
    ['added', '+', diff.added, 'added'],
    ['edited', '~', diff.edited, 'edited'],
    ['removed', '−', diff.removed, 'removed'],
    ['moved', '↕', diff.moved, 'moved'],
    ['output', '▤', outputs, 'only outputs']
  ];
  return (
    <div className="nbt-diff-counts" data-testid="nbtrack-diff-counts">
      {counts
        .filter(([, , count]) => count > 0)
        .map(([kind, sign, count, word]) => (
          <span key={kind} className={`nbt-mark nbt-mark-${kind}`}>
            {sign}
            {count} {word}
          </span>
        ))}
    </div>
  );
}

/** `n` and `p`, or Alt with an arrow. */
function stepOf(event: React.KeyboardEvent): 1 | -1 | 0 {
  const plain = !event.ctrlKey && !event.metaKey && !event.altKey;
  if ((plain && event.key === 'n') || (event.altKey && event.key === 'ArrowDown')) {
    return 1;
  }
  if ((plain && event.key === 'p') || (event.altKey && event.key === 'ArrowUp')) {
    return -1;
  }
  return 0;
}

/** Move to the change after or before the one the reader is at. */
function goToChange(scroller: HTMLElement | null, step: 1 | -1): void {
  const cells = [...(scroller?.querySelectorAll<HTMLElement>('[data-changed]') ?? [])];
  const at = cells.findIndex(cell => cell.contains(document.activeElement));
  const next = at < 0 ? (step > 0 ? 0 : cells.length - 1) : at + step;
  const cell = cells[Math.max(0, Math.min(cells.length - 1, next))];
  cell?.focus({ preventScroll: true });
  cell?.scrollIntoView({ block: 'start', behavior: 'smooth' });
}

function nameOf(revision: RevisionInfo): string {
  return revision.label
    ? `r${revision.number} “${revision.label}”`
    : `r${revision.number}`;
}
