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

export interface IRunLook {
  color: string;
  /** 0 solid, 1 dashed, 2 dotted. */
  dash: number;
}

/**
 * How runs that are compared look: each in its own colour where no other has it, the rest in
 * the colours that are left; once all are used, they differ by line.
 */
export function runLooks(runIds: readonly string[]): Map<string, IRunLook> {
  const looks = new Map<string, IRunLook>();
  for (let start = 0; start < runIds.length; start += PALETTE.length) {
    const together = runIds.slice(start, start + PALETTE.length);
    const dash = (start / PALETTE.length) % 3;
    const free = new Set<string>(PALETTE);
    const others = together.filter(runId => {
      const color = runColor(runId);
      const isFree = free.delete(color);
      if (isFree) {
        looks.set(runId, { color, dash });
      }
      return !isFree;
    });
    const left = [...free];
    others.forEach((runId, index) => looks.set(runId, { color: left[index]!, dash }));
  }
  return looks;
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

/** MLflow's prefix of what was measured on the machine: no result of the run. */
export function isSystemMetric(key: string): boolean {
  return key.startsWith('system/');
}
