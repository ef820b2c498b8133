/** What a run's state, colour and duration are on the screen, everywhere the same. */

import type { EndReason, RunStatus } from '../api/generated';

export type RunState =
  'running' | 'scheduled' | 'finished' | 'failed' | 'killed' | 'interrupted';

interface IHasStatus {
  status: RunStatus;
  end_reason: EndReason | null;
}

/** MLflow's status, refined: a process that died leaves a run that was interrupted. */
export function runState({ status, end_reason }: IHasStatus): RunState {
  switch (status) {
    case 'RUNNING':
      return 'running';
    case 'SCHEDULED':
      return 'scheduled';
    case 'FINISHED':
      return 'finished';
    case 'FAILED':
      return 'failed';
    case 'KILLED':
      return end_reason === 'process_died' ? 'interrupted' : 'killed';
  }
}

export const STATE_LABELS: Record<RunState, string> = {
  running: 'Running',
  scheduled: 'Scheduled',
  finished: 'Finished',
  failed: 'Failed',
  killed: 'Stopped',
  interrupted: 'Interrupted: its process ended'
};

/**
 * Paul Tol's "bright" and "vibrant" schemes without their greys: told apart by people with
 * any common colour vision, on white and on dark grey.
 * Source: https://personal.sron.nl/~pault/
 */
export const PALETTE = [
  '#4477aa',
  '#ee6677',
  '#228833',
  '#ccbb44',
  '#66ccee',
  '#c2408c',
  '#ee7733',
  '#009988',
  '#8c6bd1',
  '#b5651d'
] as const;

/** The same run has the same colour in every view and after every reload. */
export function runColor(runId: string): string {
  let hash = 0x811c9dc5;
  for (let index = 0; index < runId.length; index++) {
    hash = Math.imul(hash ^ runId.charCodeAt(index), 0x01000193);
  }
  return PALETTE[(hash >>> 0) % PALETTE.length]!;
}

/** Runs of one colour that are shown together differ by line: 0 solid, 1 dashed, 2 dotted. */
export function runDashes(runIds: readonly string[]): Map<string, number> {
  const seen = new Map<string, number>();
  const dashes = new Map<string, number>();
  for (const runId of runIds) {
    const color = runColor(runId);
    const count = seen.get(color) ?? 0;
    dashes.set(runId, count % 3);
    seen.set(color, count + 1);
  }
  return dashes;
}

/** Seconds a run took, or has taken so far. */
export function runDuration(
  run: { started_at: string; duration_s: number | null } & IHasStatus,
  now: number
): number | null {
  if (run.duration_s !== null) {
    return run.duration_s;
  }
  return run.status === 'RUNNING'
    ? Math.max(0, (now - Date.parse(run.started_at)) / 1000)
    : null;
}
