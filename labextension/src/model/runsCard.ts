/** A run's card: what the kernel last said, corrected by what the store knows. */

import { getRun } from '../api/client';
import type { MetricCard, RunCard, RunSummary } from '../api/generated';
import { ApiError } from '../api/request';
import { StateModel } from './state';

export interface ICardState {
  card: RunCard;
  /** When the kernel said it, in epoch milliseconds: a running duration counts on from there. */
  receivedAt: number;
  isDeleted: boolean;
}

/** Updates from the kernel come first; the store is asked when there is silence. */
const SILENCE_MS = 2000;

export class RunCardModel extends StateModel<ICardState> {
  constructor(card: RunCard) {
    super({ card, receivedAt: Date.now(), isDeleted: false });
    this.checkIfRunning();
  }

  /** The kernel sent a newer payload. */
  setCard(card: RunCard): void {
    this._payload = JSON.stringify(card);
    this.update({ card, receivedAt: Date.now() });
    this.checkIfRunning();
  }

  /** Whether this payload is the one already shown: rendering it again changes nothing. */
  shows(card: RunCard): boolean {
    return this._payload === JSON.stringify(card);
  }

  /** The store changed about this run. */
  onChange(): void {
    this.check();
  }

  override dispose(): void {
    if (this._timer !== null) {
      window.clearTimeout(this._timer);
    }
    super.dispose();
  }

  /** A payload may say "running" long after: the page was reloaded, the kernel died. */
  private checkIfRunning(): void {
    if (this.state.card.status === 'RUNNING') {
      this.check();
    }
  }

  private check(): void {
    if (this._timer === null && !this.isDisposed) {
      this._timer = window.setTimeout(() => {
        this._timer = null;
        void this.ask();
      }, SILENCE_MS);
    }
  }

  private async ask(): Promise<void> {
    if (this.isDisposed) {
      return;
    }
    try {
      const { run } = await getRun(this.state.card.run_id);
      this.update({
        card: correctCard(this.state.card, run),
        isDeleted: run.lifecycle_stage === 'deleted'
      });
    } catch (error) {
      // Another store, or no server: the payload stands for itself.
      if (!(error instanceof ApiError)) {
        throw error;
      }
    }
  }

  private _payload = '';
  private _timer: number | null = null;
}

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
