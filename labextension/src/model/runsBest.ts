/** Which of the shown runs is best in a metric, where the metric's name tells what is better. */

import type { RunSummary } from '../api/generated';
import { toNumber } from './format';
import { metricOf } from './runsColumns';

export type Direction = 'max' | 'min';

const SMALLER =
  /(^|_)(loss|error|err|mse|rmse|mae|mape|rmsle|msle|nll|logloss|perplexity|ppl|deviance|wer|cer|fid|brier|inertia|aic|bic)(_|$)/;
const GREATER =
  /(^|_)(acc|accuracy|auc|auroc|auprc|ap|map|f1|fbeta|score|precision|recall|sensitivity|specificity|r2|bleu|rouge|iou|dice|reward|mcc|kappa|ndcg|mrr|silhouette)(_|$)/;

export function directionOf(key: string): Direction | null {
  const words = key
    .replace(/([a-z0-9])([A-Z])/g, '$1_$2')
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '_');
  if (SMALLER.test(words)) {
    return 'min';
  }
  return GREATER.test(words) ? 'max' : null;
}

export interface IBest {
  runId: string;
  value: number;
  direction: Direction;
}

/** The best of at least two different values; null where better has no meaning. */
export function bestRun(runs: readonly RunSummary[], key: string): IBest | null {
  const direction = directionOf(key);
  if (!direction) {
    return null;
  }
  const found = runs
    .map(run => ({ runId: run.run_id, metric: metricOf(run, key) }))
    .filter(({ metric }) => metric !== undefined)
    .map(({ runId, metric }) => ({ runId, value: toNumber(metric!.last), direction }))
    .filter(({ value }) => Number.isFinite(value));
  if (new Set(found.map(({ value }) => value)).size < 2) {
    return null;
  }
  const sign = direction === 'max' ? 1 : -1;
  return found.reduce((best, next) =>
    sign * (next.value - best.value) > 0 ? next : best
  );
}
