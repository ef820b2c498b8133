/** A table of runs: dense, sortable, selectable, operable by keyboard. */

import * as React from 'react';

import type { RunSummary } from '../../api/generated';
import { bestRun, type IBest } from '../../model/runsBest';
import {
  DURATION,
  type IColumn,
  type IOrder,
  NAME,
  nextOrder,
  STARTED
} from '../../model/runsColumns';
import { type SelectMode } from '../../model/runsSelection';
import { useNow } from '../common/useNow';
import { useRowWindow } from '../common/useRowWindow';
import { RunRow } from './RunRow';

export interface IRunTableProps {
  runs: readonly RunSummary[];
  columns: readonly IColumn[];
  order: IOrder;
  selected: ReadonlySet<string>;
  label: string;
  onOrder: (order: IOrder) => void;
  /** Without it rows cannot be selected, only opened. */
  onSelect?: (runId: string, mode: SelectMode) => void;
  onSelectAll?: () => void;
  onClearSelection?: () => void;
  onOpen: (runId: string) => void;
  onDelete?: (runIds: readonly string[]) => void;
  /** The last rows are in sight: time to have more, where there are more. */
  onNearEnd?: () => void;
}

export function RunTable(props: IRunTableProps): JSX.Element {
  const { runs, columns, selected } = props;
  const [focused, setFocused] = React.useState<string | null>(null);
  const body = React.useRef<HTMLTableSectionElement>(null);
  const now = useNow(runs.some(run => run.status === 'RUNNING'));
  const best = React.useMemo(() => bestByColumn(runs, columns), [runs, columns]);
  const { window: shown, isNearEnd, reveal } = useRowWindow(body, runs.length);
  const drawn = runs.slice(shown.first, shown.last);
  const tabStop = drawn.some(run => run.run_id === focused)
    ? focused
    : drawn[0]?.run_id;
  const { onNearEnd } = props;
  React.useEffect(() => {
    if (isNearEnd) {
      onNearEnd?.();
    }
  }, [isNearEnd, runs.length, onNearEnd]);

  const [wanted, setWanted] = React.useState<string | null>(null);
  React.useEffect(() => {
    if (wanted !== null && focusDrawn(body.current, wanted)) {
      setWanted(null);
    }
  }, [wanted, shown.first, shown.last]);

  const focusRow = (target: number, extend: boolean): void => {
    const index = Math.max(0, Math.min(runs.length - 1, target));
    const run = runs[index];
    if (!run) {
      return;
    }
    setFocused(run.run_id);
    if (!focusDrawn(body.current, run.run_id)) {
      setWanted(run.run_id);
      reveal(index);
    }
    if (extend) {
      props.onSelect?.(run.run_id, 'range');
    }
  };

  const onKeyDown = (event: React.KeyboardEvent): void => {
    const index = runs.findIndex(run => run.run_id === focused);
    const run = runs[index];
    if (!run || !(event.target instanceof HTMLTableRowElement)) {
      return;
    }
    const jumps: Record<string, number> = {
      ArrowDown: index + 1,
      ArrowUp: index - 1,
      PageDown: index + 10,
      PageUp: index - 10,
      Home: 0,
      End: runs.length - 1
    };
    const target = jumps[event.key];
    if (target !== undefined) {
      if (event.shiftKey && selected.size === 0) {
        props.onSelect?.(run.run_id, 'only');
      }
      focusRow(target, event.shiftKey);
    } else if (event.key === ' ') {
      props.onSelect?.(run.run_id, event.shiftKey ? 'range' : 'toggle');
    } else if (event.key === 'Enter') {
      props.onOpen(run.run_id);
    } else if (event.key === 'Delete' && props.onDelete) {
      props.onDelete(selected.size ? [...selected] : [run.run_id]);
    } else if (event.key === 'a' && (event.ctrlKey || event.metaKey)) {
      props.onSelectAll?.();
    } else if (event.key === 'Escape') {
      props.onClearSelection?.();
    } else {
      return;
    }
    event.preventDefault();
    event.stopPropagation();
  };

  return (
    <table
      className="nbt-run-table"
      role="grid"
      aria-label={props.label}
      aria-multiselectable={props.onSelect !== undefined}
      aria-rowcount={runs.length + 1}
      data-testid="nbtrack-run-table"
    >
      <thead>
        <tr>
          <th scope="col" className="nbt-run-cell-name">
            <span className="nbt-run-head">
              {[NAME, STARTED, DURATION].map(item => (
                <SortButton key={item.id} column={item} {...props} />
              ))}
            </span>
          </th>
          {columns.map(item => (
            <th
              key={item.id}
              scope="col"
              className={`nbt-run-cell-${item.kind}`}
              aria-sort={ariaSort(item, props.order)}
              title={item.id}
            >
              <SortButton column={item} {...props} />
            </th>
          ))}
        </tr>
      </thead>
      <tbody ref={body} onKeyDown={onKeyDown}>
        <Spacer height={shown.before} />
        {drawn.map((run, index) => (
          <RunRow
            key={run.run_id}
            run={run}
            rowIndex={shown.first + index + 2}
            columns={columns}
            best={best}
            now={now}
            isSelected={selected.has(run.run_id)}
            tabIndex={run.run_id === tabStop ? 0 : -1}
            onFocus={setFocused}
            onSelect={props.onSelect}
            onOpen={props.onOpen}
          />
        ))}
        <Spacer height={shown.after} />
      </tbody>
    </table>
  );
}

/** Stands for the rows that are not drawn. */
function Spacer({ height }: { height: number }): JSX.Element | null {
  return height > 0 ? (
    <tr aria-hidden="true" className="nbt-run-spacer" style={{ height }} />
  ) : null;
}

/** Give a row the focus; false where it is not drawn. */
function focusDrawn(body: HTMLElement | null, runId: string): boolean {
  const row = body?.querySelector<HTMLElement>(`[data-run-id="${runId}"]`);
  // Focus alone would also scroll sideways in a narrow sidebar.
  row?.focus({ preventScroll: true });
  row?.scrollIntoView({ block: 'nearest' });
  return row !== null && row !== undefined;
}

function SortButton(
  props: Pick<IRunTableProps, 'order' | 'onOrder'> & { column: IColumn }
): JSX.Element {
  const { column, order } = props;
  const isCurrent = order.columnId === column.id;
  const direction = order.descending ? 'descending' : 'ascending';
  return (
    <button
      type="button"
      className={isCurrent ? 'nbt-sort nbt-sort-current' : 'nbt-sort'}
      aria-label={`Sort by ${column.label}${isCurrent ? `, now ${direction}` : ''}`}
      data-testid={`nbtrack-sort-${column.id}`}
      onClick={() => props.onOrder(nextOrder(column, order))}
    >
      {column.label}
      {isCurrent ? (
        <span aria-hidden="true">{order.descending ? ' ↓' : ' ↑'}</span>
      ) : null}
    </button>
  );
}

function ariaSort(item: IColumn, order: IOrder): React.AriaAttributes['aria-sort'] {
  if (item.id !== order.columnId) {
    return undefined;
  }
  return order.descending ? 'descending' : 'ascending';
}

function bestByColumn(
  runs: readonly RunSummary[],
  columns: readonly IColumn[]
): ReadonlyMap<string, IBest> {
  const found = new Map<string, IBest>();
  for (const item of columns) {
    const best = item.kind === 'metric' ? bestRun(runs, item.key) : null;
    if (best) {
      found.set(item.id, best);
    }
  }
  return found;
}
