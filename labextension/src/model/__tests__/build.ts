/** Runs, cards, revisions and diffs for tests: a complete one, with what matters put in place. */

import type {
  CellDiff,
  MetricCard,
  MetricInfo,
  MetricValue,
  NotebookDiff,
  RevisionInfo,
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

export function revision(
  number: number,
  patch: Partial<RevisionInfo> = {}
): RevisionInfo {
  return {
    revision_id: `id${number}`,
    notebook_id: 'n',
    number,
    parent_id: number > 1 ? `id${number - 1}` : null,
    created_at: '2026-11-23T10:00:00Z',
    reason: 'execute',
    author: 'ada',
    label: null,
    cell_id: null,
    restored_from: null,
    restored_from_number: null,
    cell_count: 3,
    changes: [],
    runs: [],
    error_name: null,
    origin: 'lab',
    git_commit: null,
    git_clean: null,
    committed_as: null,
    ...patch
  };
}

export function cellDiff(id: string, patch: Partial<CellDiff> = {}): CellDiff {
  return {
    cell_id: id,
    old_cell_id: id,
    cell_type: 'code',
    status: 'unchanged',
    moved: false,
    old_index: 0,
    new_index: 0,
    old_source: '',
    new_source: '',
    outputs_differ: false,
    metadata_differs: false,
    old_output_count: 0,
    new_output_count: 0,
    ...patch
  };
}

export function notebookDiff(patch: Partial<NotebookDiff>): NotebookDiff {
  return {
    old: null,
    new: null,
    cells: [],
    metadata_differs: false,
    added: 0,
    removed: 0,
    edited: 0,
    moved: 0,
    ...patch
  };
}
