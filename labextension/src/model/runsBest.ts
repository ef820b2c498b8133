/** Which of the shown runs is best in a metric, where the server knows what is better. */

import type { RunSummary } from '../api/generated';
import { toNumber } from './format';
import { metricOf } from './runsColumns';

export interface IBest {
  runId: string;
  value: number;
}

/** The best of at least two different values; null where better has no meaning. */
export function bestRun(runs: readonly RunSummary[], key: string): IBest | null {
  const metrics = runs.flatMap(run => {
    const metric = metricOf(run, key);
    return metric ? [{ runId: run.run_id, metric }] : [];
  });
  const direction = metrics[0]?.metric.direction;
  if (!direction) {
    return null;
  }
  const found = metrics
    .map(({ runId, metric }) => ({ runId, value: toNumber(metric.last) }))
    .filter(({ value }) => Number.isFinite(value));
  if (new Set(found.map(({ value }) => value)).size < 2) {
    return null;
  }
  const sign = direction === 'max' ? 1 : -1;
  return found.reduce((best, next) =>
    sign * (next.value - best.value) > 0 ? next : best
  );
}
