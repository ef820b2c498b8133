/** Every picture that a notebook showed, those shown last first, page by page. */

import { listFigures } from '../api/client';
import type { ChangeEvent, FigureInfo } from '../api/generated';
import { StateModel } from './state';

const PAGE = 60;

export interface IGalleryState {
  status: 'loading' | 'ready' | 'error';
  error: string | null;
  figures: readonly FigureInfo[];
  nextPageToken: string | null;
}

export class GalleryModel extends StateModel<IGalleryState> {
  constructor(readonly notebookId: string) {
    super({ status: 'loading', error: null, figures: [], nextPageToken: null });
  }

  /** Ask for the newest ones; what was read of older ones stays. */
  async refresh(): Promise<void> {
    const asked = ++this.asked;
    this.update({ status: 'loading', error: null });
    try {
      const page = await listFigures(this.notebookId, { limit: PAGE });
      if (asked === this.asked) {
        const oldest = page.figures.at(-1)?.number ?? 0;
        const fresh = new Set(page.figures.map(figure => figure.digest));
        const older = this.state.figures.filter(
          figure => figure.number < oldest && !fresh.has(figure.digest)
        );
        const keeps = older.length > 0 && page.next_page_token !== null;
        this.update({
          status: 'ready',
          figures: keeps ? [...page.figures, ...older] : page.figures,
          nextPageToken: keeps ? this.state.nextPageToken : page.next_page_token
        });
      }
    } catch (error) {
      this.fail(asked, error);
    }
  }

  async more(): Promise<void> {
    const { nextPageToken, status } = this.state;
    if (nextPageToken === null || status !== 'ready') {
      return;
    }
    const asked = ++this.asked;
    this.update({ status: 'loading' });
    try {
      const page = await listFigures(this.notebookId, {
        limit: PAGE,
        page_token: nextPageToken
      });
      if (asked === this.asked) {
        const known = new Set(this.state.figures.map(figure => figure.digest));
        this.update({
          status: 'ready',
          figures: [
            ...this.state.figures,
            ...page.figures.filter(figure => !known.has(figure.digest))
          ],
          nextPageToken: page.next_page_token
        });
      }
    } catch (error) {
      this.fail(asked, error);
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

  private asked = 0;
}
