/** Two states of a notebook, cell by cell. */

import * as React from 'react';

import type { CellDiff, NotebookDiff } from '../../api/generated';
import { plural } from '../../model/format';
import { Button } from '../common/Button';
import { Disclosure } from '../common/Disclosure';
import { Loading, Message } from '../common/Message';
import { CellDiffView, type ICellDiffProps } from './CellDiffView';
import { DiffHeader } from './DiffHeader';
import { type DiffItem, foldCells, isChanged } from './fold';
import { MetadataDiff } from './MetadataDiff';
import { cellRestore, sideName } from './sides';
import { Source } from './SourceDiff';
import type {
  DiffLayout,
  Highlight,
  IDiffActions,
  IDiffPieces,
  IDiffState,
  ShowBeside
} from './types';
import { useGradually } from './useGradually';

export interface IDiffViewProps {
  state: IDiffState;
  actions: IDiffActions;
  pieces: IDiffPieces;
  highlight: Highlight;
  loadBeside: () => Promise<ShowBeside>;
}

export function DiffView(props: IDiffViewProps): JSX.Element {
  const { state, actions } = props;
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
  return <Loaded {...props} diff={diff} />;
}

function Loaded(props: IDiffViewProps & { diff: NotebookDiff }): JSX.Element {
  const { diff, state, actions } = props;
  const scroller = React.useRef<HTMLDivElement>(null);
  const [layout, setLayout] = React.useState<DiffLayout>('unified');
  const go = (step: 1 | -1): void => goToChange(scroller.current, step);
  const onKeyDown = (event: React.KeyboardEvent): void => {
    const step = stepOf(event);
    const isPlain = !event.ctrlKey && !event.metaKey && !event.altKey;
    if (step) {
      go(step);
    } else if (isPlain && event.key === 's') {
      actions.swap();
    } else if (isPlain && event.key === 'v') {
      setLayout(layout === 'split' ? 'unified' : 'split');
    } else {
      return;
    }
    event.preventDefault();
    event.stopPropagation();
  };
  const changed = diff.cells.some(isChanged);
  return (
    <div className="nbt-diff" data-testid="nbtrack-diff" onKeyDown={onKeyDown}>
      <DiffHeader
        diff={diff}
        path={state.path}
        layout={layout}
        actions={actions}
        onLayout={setLayout}
        onStep={go}
      />
      <Notices state={state} refresh={actions.refresh} />
      <div
        ref={scroller}
        className="nbt-diff-cells"
        tabIndex={0}
        role="region"
        aria-label="Changes, n and p to move between them"
      >
        {changed ? null : <Same diff={diff} />}
        <Cells {...props} layout={layout} />
        {diff.metadata_differs ? (
          <div className="nbt-fold">
            <Disclosure
              label="The notebook’s metadata differs"
              isOpen={!changed}
              testId="nbtrack-notebook-metadata"
            >
              {() => <MetadataDiff pieces={props.pieces} />}
            </Disclosure>
          </div>
        ) : null}
      </div>
    </div>
  );
}

function Same({ diff }: { diff: NotebookDiff }): JSX.Element {
  return (
    <Message title="No differences" testId="nbtrack-diff-same">
      <p>
        {diff.metadata_differs
          ? 'All cells are the same; only the notebook’s metadata differs.'
          : `${plural(diff.cells.length, 'cell')}, all the same.`}
      </p>
    </Message>
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
  props: IDiffViewProps & { diff: NotebookDiff; layout: DiffLayout }
): JSX.Element {
  const { diff, actions } = props;
  const items = React.useMemo(() => foldCells(diff.cells), [diff]);
  const lines = React.useMemo(() => items.map(linesOf), [items]);
  const shown = useGradually(lines);
  const cellProps = {
    oldName: sideName(diff.old),
    newName: sideName(diff.new),
    highlight: props.highlight,
    layout: props.layout,
    loadBeside: props.loadBeside,
    pieces: props.pieces,
    restoreOf: (cell: CellDiff) => cellRestore(diff, cell),
    onRestore: actions.restoreCell
  };
  return (
    <>
      {items
        .slice(0, shown)
        .map(item =>
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
  const outputs = cells.filter(isChanged).length;
  const label =
    outputs > 0
      ? `${plural(cells.length, 'cell')} with the same text, ${outputs} with other outputs`
      : plural(cells.length, 'unchanged cell');
  return (
    <div className="nbt-fold">
      <Disclosure label={label} testId="nbtrack-diff-fold">
        {() =>
          cells.map(cell =>
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
        }
      </Disclosure>
    </div>
  );
}

/** About how many lines an item takes. */
function linesOf(item: DiffItem): number {
  if (item.kind === 'fold') {
    return 1;
  }
  const { old_source, new_source } = item.cell;
  return `${old_source ?? ''}\n${new_source ?? ''}`.split('\n').length + 2;
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
