/** The versions of one cell, newest first, page by page. */

import { getFilmstrip } from '../api/client';
import type { CellFrame, ChangeEvent } from '../api/generated';
import { StateModel } from './state';

const PAGE = 15;
const MOST_AT_ONCE = 100;

export interface IFilmstripState {
  status: 'loading' | 'ready' | 'error';
  error: string | null;
  frames: readonly CellFrame[];
  nextBefore: number | null;
  loadingMore: boolean;
  /** Newer versions than these are left out: one came for an older one. */
  isPart: boolean;
}

export class FilmstripModel extends StateModel<IFilmstripState> {
  constructor(
    readonly notebookId: string,
    readonly cellId: string
  ) {
    super({
      status: 'loading',
      error: null,
      frames: [],
      nextBefore: null,
      loadingMore: false,
      isPart: false
    });
  }

  /** Begin with the version that a revision had; with the newest for null. */
  async open(number: number | null): Promise<void> {
    this.before = number === null ? undefined : number + 1;
    this.update({ isPart: number !== null, frames: [] });
    await this.refresh();
  }

  /** Ask again for all that is shown. */
  async refresh(): Promise<void> {
    const asked = ++this.asked;
    const limit = Math.min(Math.max(PAGE, this.state.frames.length), MOST_AT_ONCE);
    this.update({ status: 'loading', error: null });
    try {
      const strip = await getFilmstrip(this.notebookId, this.cellId, {
        limit,
        before: this.before
      });
      if (asked === this.asked) {
        this.update({
          status: 'ready',
          frames: strip.frames,
          nextBefore: strip.next_before
        });
      }
    } catch (error) {
      this.fail(asked, error);
    }
  }

  async more(): Promise<void> {
    const { nextBefore, loadingMore, status } = this.state;
    if (nextBefore === null || loadingMore || status !== 'ready') {
      return;
    }
    const asked = this.asked;
    this.update({ loadingMore: true });
    try {
      const strip = await getFilmstrip(this.notebookId, this.cellId, {
        limit: PAGE,
        before: nextBefore
      });
      if (asked === this.asked) {
        this.update({
          frames: [...this.state.frames, ...strip.frames],
          nextBefore: strip.next_before
        });
      }
    } catch (error) {
      this.fail(asked, error);
    } finally {
      this.update({ loadingMore: false });
    }
  }

  noteChange(change: ChangeEvent & { everything: boolean }): void {
    if (change.everything || change.notebook_ids.includes(this.notebookId)) {
      void this.refresh();
    }
  }

  private fail(asked: number, error: unknown): void {
    if (asked === this.asked) {
      const text = error instanceof Error ? error.message : String(error);
      this.update({ status: 'error', error: text });
    }
  }

  private before: number | undefined;
  private asked = 0;
}
