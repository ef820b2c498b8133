/** Looking for words in all that notebooks ever held. */

import { searchHistory } from '../api/client';
import type { HistoryMatchInfo } from '../api/generated';
import type { ISearchView } from '../components/history/types';
import { StateModel } from './state';

const PAGE = 50;
/** While one types, nothing is asked for. */
const TYPING_MS = 150;

interface State extends ISearchView {
  path: string | null;
  nextPageToken: string | null;
}

const NOTHING: Pick<State, 'matches' | 'nextPageToken' | 'error'> = {
  matches: [],
  nextPageToken: null,
  error: null
};

export class HistorySearchModel extends StateModel<State> {
  constructor() {
    super({
      ...NOTHING,
      text: '',
      everywhere: false,
      status: 'idle',
      hasMore: false,
      path: null
    });
  }

  /** As the components take it: without a notebook, all are searched. */
  get view(): ISearchView {
    const { everywhere, path } = this.state;
    return { ...this.state, everywhere: everywhere || path === null };
  }

  /** The notebook that is searched; another one is another search. */
  setPath(path: string | null): void {
    if (path !== this.state.path) {
      this.update({ path });
      this.soon(0);
    }
  }

  setText(text: string): void {
    this.update({ text });
    this.soon(TYPING_MS);
  }

  setEverywhere(everywhere: boolean): void {
    this.update({ everywhere });
    this.soon(0);
  }

  async more(): Promise<void> {
    const { nextPageToken, status } = this.state;
    if (nextPageToken !== null && status === 'ready') {
      await this.read(nextPageToken);
    }
  }

  /** Search again. */
  refresh(): void {
    this.soon(0);
  }

  override dispose(): void {
    clearTimeout(this.timer);
    super.dispose();
  }

  private soon(delayMs: number): void {
    clearTimeout(this.timer);
    this.asked += 1;
    if (!/[\p{L}\p{N}]/u.test(this.state.text)) {
      this.update({ ...NOTHING, status: 'idle', hasMore: false });
      return;
    }
    this.update({ status: 'loading' });
    this.timer = setTimeout(() => void this.read(null), delayMs);
  }

  private async read(pageToken: string | null): Promise<void> {
    const asked = ++this.asked;
    const { text, everywhere, path } = this.state;
    this.update({ status: 'loading', error: null });
    try {
      const page = await searchHistory({
        text,
        path: everywhere ? undefined : (path ?? undefined),
        limit: PAGE,
        page_token: pageToken ?? undefined
      });
      if (asked === this.asked) {
        const before: readonly HistoryMatchInfo[] = pageToken ? this.state.matches : [];
        this.update({
          status: 'ready',
          matches: [...before, ...page.matches],
          nextPageToken: page.next_page_token,
          hasMore: page.next_page_token !== null
        });
      }
    } catch (error) {
      if (asked === this.asked) {
        const words = error instanceof Error ? error.message : String(error);
        this.update({ ...NOTHING, status: 'error', error: words, hasMore: false });
      }
    }
  }

  private timer: ReturnType<typeof setTimeout> | undefined;
  private asked = 0;
}
