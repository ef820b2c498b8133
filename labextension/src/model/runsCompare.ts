/** Several runs side by side: rows that differ, curves over each other. */

import { compareRuns, getSeries } from '../api/client';
import type { Comparison, SeriesInfo } from '../api/generated';
import { messageOf } from './runs';
import { StateModel } from './state';

export interface ICompareState {
  runIds: readonly string[];
  comparison: Comparison | null;
  series: readonly SeriesInfo[];
  error: string | null;
}

/** More would be neither readable nor quick. */
export const MOST_COMPARED = 20;
/** A chart of the comparison is at most this many points wide. */
const POINTS = 500;
const LIVE_MS = 2000;

export class CompareModel extends StateModel<ICompareState> {
  constructor(runIds: readonly string[]) {
    super({
      runIds: runIds.slice(0, MOST_COMPARED),
      comparison: null,
      series: [],
      error: null
    });
  }

  remove(runId: string): void {
    this.update({ runIds: this.state.runIds.filter(id => id !== runId) });
    void this.refresh();
  }

  /** Runs changed; asks again soon where one of them is compared. */
  onChange(runIds: readonly string[], everything: boolean): void {
    const concerns = everything || runIds.some(id => this.state.runIds.includes(id));
    if (concerns && this._timer === null) {
      this._timer = window.setTimeout(() => {
        this._timer = null;
        void this.refresh();
      }, LIVE_MS);
    }
  }

  async refresh(): Promise<void> {
    const { runIds } = this.state;
    try {
      const comparison = await compareRuns(runIds);
      if (runIds !== this.state.runIds) {
        return;
      }
      this.update({ comparison, error: null });
      const lists = await Promise.all(
        comparison.runs.map(async run => {
          const keys = run.metrics
            .filter(metric => metric.count > 1)
            .map(({ key }) => key);
          return keys.length ? (await getSeries(run.run_id, keys, POINTS)).series : [];
        })
      );
      if (runIds === this.state.runIds) {
        this.update({ series: lists.flat() });
      }
    } catch (error) {
      this.update({ error: messageOf(error) });
    }
  }

  override dispose(): void {
    if (this._timer !== null) {
      window.clearTimeout(this._timer);
    }
    super.dispose();
  }

  private _timer: number | null = null;
}
