/** One run, wholly: its detail and curves, kept up with the store. */

import { deleteRuns, getRun, getSeries, patchRun, undeleteRuns } from '../api/client';
import type { RunDetail, SeriesInfo } from '../api/generated';
import { ApiError } from '../api/request';
import { messageOf } from './runs';
import { StateModel } from './state';

export interface IRunPageState {
  runId: string;
  detail: RunDetail | null;
  series: readonly SeriesInfo[];
  error: string | null;
  /** The store holds no such run. */
  isMissing: boolean;
}

/** A page that draws curves asks at most this often. */
const LIVE_MS = 1500;

export class RunPageModel extends StateModel<IRunPageState> {
  constructor(runId: string) {
    super({ runId, detail: null, series: [], error: null, isMissing: false });
  }

  /** Something about this run changed; asks again soon. */
  onChange(): void {
    if (this._timer === null) {
      this._timer = window.setTimeout(() => {
        this._timer = null;
        void this.refresh();
      }, LIVE_MS);
    }
  }

  async refresh(): Promise<void> {
    const { runId } = this.state;
    try {
      const detail = await getRun(runId);
      this.update({ detail, error: null, isMissing: false });
      const curves = detail.run.metrics.filter(metric => metric.count > 1);
      if (curves.length) {
        const { series } = await getSeries(
          runId,
          curves.map(metric => metric.key)
        );
        this.update({ series });
      }
    } catch (error) {
      const isMissing = error instanceof ApiError && error.code === 'not_found';
      this.update({ error: messageOf(error), isMissing });
    }
  }

  async rename(name: string): Promise<void> {
    await this.attempt(patchRun(this.state.runId, { run_name: name }));
  }

  async delete(): Promise<void> {
    await this.attempt(deleteRuns([this.state.runId]));
  }

  async undelete(): Promise<void> {
    await this.attempt(undeleteRuns([this.state.runId]));
  }

  override dispose(): void {
    if (this._timer !== null) {
      window.clearTimeout(this._timer);
    }
    super.dispose();
  }

  private async attempt(change: Promise<unknown>): Promise<void> {
    try {
      await change;
    } catch (error) {
      this.update({ error: messageOf(error) });
      return;
    }
    await this.refresh();
  }

  private _timer: number | null = null;
}
