/** Runs and cards for tests: a complete one, with what matters put in place. */

import type {
  MetricCard,
  MetricInfo,
  MetricValue,
  RunCard,
  RunSummary
} from '../../api/generated';

export function metric(
  key: string,
  last: MetricValue,
  direction: MetricInfo['direction'] = null
): MetricInfo {
  return {
    key,
    last,
    min: last,
    max: last,
    first: last,
    count: 1,
    last_step: 0,
    direction,
    origin: null
  };
}

export function run(runId: string, patch: Partial<RunSummary> = {}): RunSummary {
  return {
    run_id: runId,
    run_name: runId,
    experiment_id: '1',
    experiment_name: 'digits',
    status: 'FINISHED',
    end_reason: 'completed',
    lifecycle_stage: 'active',
    started_at: '2026-11-23T08:00:00Z',
    ended_at: '2026-11-23T08:00:02Z',
    duration_s: 2,
    user_id: 'ada',
    source_name: 'digits.ipynb',
    cell_id: null,
    msg_id: null,
    notebook_id: null,
    notebook_path: null,
    revision_id: null,
    revision_number: null,
    parent_run_id: null,
    error_name: null,
    error_message: null,
    capture_incomplete: null,
    flags: [],
    params: [],
    metrics: [],
    tags: {},
    ...patch
  };
}

export function cardMetric(key: string, last: number, count: number): MetricCard {
  return {
    key,
    last,
    count,
    direction: 'min',
    change_previous: -0.1,
    change_best: null,
    is_best: true,
    steps: [],
    values: []
  };
}

export function card(patch: Partial<RunCard> = {}): RunCard {
  return {
    run_id: 'a',
    run_name: 'a',
    experiment_name: 'digits',
    status: 'RUNNING',
    end_reason: null,
    started_at: '2026-11-23T08:00:00Z',
    duration_s: 1,
    error_name: null,
    cell_id: null,
    msg_id: null,
    notebook_id: null,
    revision_id: null,
    revision_number: null,
    previous_run_name: null,
    params: [],
    metrics: [],
    artifact_count: 0,
    progress: { done: 1, total: 10, eta_s: 9, label: 'epoch' },
    notes: [],
    ...patch
  };
}
