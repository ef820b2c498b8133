/** A run's card: what the kernel last said, corrected by what the store knows. */

import { getRun } from '../api/client';
import type { RunCard } from '../api/generated';
import { ApiError } from '../api/request';
import { continueCard, correctCard } from './runsCardFacts';
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
      const isDeleted = run.lifecycle_stage === 'deleted';
      const { card, receivedAt } = this.state;
      const now = Date.now();
      if (run.status === 'RUNNING' && now - receivedAt > SILENCE_MS) {
        this.update({ card: continueCard(card, run, now), receivedAt: now, isDeleted });
      } else {
        this.update({ card: correctCard(card, run), isDeleted });
      }
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
