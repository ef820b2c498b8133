/** What a card says, corrected by what the store knows. */

import type { MetricCard, RunCard, RunSummary } from '../api/generated';

/** The card with the store's facts in place of older ones; `card` itself if nothing is newer. */
export function correctCard(card: RunCard, run: RunSummary): RunCard {
  const named: RunCard = {
    ...card,
    run_name: run.run_name,
    revision_id: run.revision_id ?? card.revision_id,
    revision_number: run.revision_number ?? card.revision_number
  };
  if (run.status === 'RUNNING' || card.status !== 'RUNNING') {
    return JSON.stringify(named) === JSON.stringify(card) ? card : named;
  }
  const known = new Map(card.metrics.map(metric => [metric.key, metric]));
  return {
    ...named,
    status: run.status,
    end_reason: run.end_reason,
    duration_s: run.duration_s ?? card.duration_s,
    error_name: run.error_name,
    params: run.params,
    metrics: run.metrics.map(({ key, last, count }): MetricCard => {
      const before = known.get(key);
      // Changes were reckoned from a value that is no longer the last one.
      return before && before.count === count
        ? before
        : {
            key,
            last,
            count,
            direction: before?.direction ?? null,
            change_previous: null,
            change_best: null,
            is_best: false,
            steps: before?.steps ?? [],
            values: before?.values ?? []
          };
    }),
    progress: null
  };
}

/** A running card whose kernel does not reach this page any more, carried on from the store. */
export function continueCard(card: RunCard, run: RunSummary, now: number): RunCard {
  const known = new Map(card.metrics.map(metric => [metric.key, metric]));
  const hasMoved = run.metrics.some(
    ({ key, count }) => count > (known.get(key)?.count ?? 0)
  );
  const metrics = run.metrics.map((metric): MetricCard => {
    const before = known.get(metric.key);
    if (before && before.count >= metric.count) {
      return before;
    }
    return {
      key: metric.key,
      last: metric.last,
      count: metric.count,
      direction: metric.direction,
      change_previous: null,
      change_best: null,
      is_best: false,
      steps: [...(before?.steps ?? []), metric.last_step],
      values: [...(before?.values ?? []), metric.last]
    };
  });
  return {
    ...correctCard(card, run),
    duration_s: Math.max(card.duration_s, (now - Date.parse(run.started_at)) / 1000),
    params: run.params,
    metrics,
    progress: hasMoved ? null : card.progress
  };
}
