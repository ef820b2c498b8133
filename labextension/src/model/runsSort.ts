/** Sorting runs that are all here, where no server is asked. */

import type { RunSummary } from '../api/generated';
import { toNumber } from './format';
import { cellText, columnsById, type IOrder, metricOf } from './runsColumns';

type Key = number | string | null;

/** Sorted as the server would: runs without a value come last in either direction. */
export function sortRuns(runs: readonly RunSummary[], order: IOrder): RunSummary[] {
  const sign = order.descending ? -1 : 1;
  const keyed = runs.map(run => ({ run, key: sortKey(run, order.columnId) }));
  keyed.sort((a, b) => {
    if (a.key === null || b.key === null) {
      return Number(a.key === null) - Number(b.key === null);
    }
    return sign * compare(a.key, b.key);
  });
  return keyed.map(({ run }) => run);
}

function sortKey(run: RunSummary, columnId: string): Key {
  switch (columnId) {
    case 'attributes.run_name':
      return run.run_name;
    case 'attributes.start_time':
      return Date.parse(run.started_at);
    case 'attributes.duration_s':
      return run.duration_s;
  }
  const [item] = columnsById([columnId]);
  if (item?.kind === 'metric') {
    const metric = metricOf(run, item.key);
    const value = metric ? toNumber(metric.last) : NaN;
    return Number.isNaN(value) ? null : value;
  }
  return item ? cellText(run, item) : null;
}

function compare(a: number | string, b: number | string): number {
  if (typeof a === 'number' && typeof b === 'number') {
    return a - b;
  }
  return String(a).localeCompare(String(b), undefined, { numeric: true });
}
