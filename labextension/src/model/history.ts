/** The history of the notebook one works in: pages, filter, live updates. */

import { findNotebook, listRevisions, patchRevision } from '../api/client';
import type { ChangeEvent, NotebookInfo, RevisionInfo } from '../api/generated';
import type { HistoryFilter, IHistoryView } from '../components/history/types';
import { StateModel } from './state';

const PAGE_SIZE = 50;
/** With a filter that the server does not know, this much is read to fill the list. */
const FILL_ROWS = 15;
const FILL_PAGES = 5;

interface State {
  path: string | null;
  notebook: NotebookInfo | null;
  revisions: readonly RevisionInfo[];
  nextPageToken: string | null;
  status: IHistoryView['status'];
  error: string | null;
  loadingMore: boolean;
  filter: HistoryFilter;
  cellId: string | null;
  recording: boolean;
}

export class HistoryModel extends StateModel<State> {
  constructor() {
    super({
      path: null,
      notebook: null,
      revisions: [],
      nextPageToken: null,
      status: 'idle',
      error: null,
      loadingMore: false,
      filter: 'all',
      cellId: null,
      recording: true
    });
  }

  /** As the components take it. */
  get view(): IHistoryView {
    const { path, status, error, revisions, filter, recording } = this.state;
    return {
      path,
      status,
      error,
      filter,
      recording,
      revisions: revisions.filter(revision => matches(revision, filter)),
      hasAny: revisions.length > 0 || (this.state.notebook?.revision_count ?? 0) > 0,
      hasMore: this.state.nextPageToken !== null,
      loadingMore: this.state.loadingMore,
      hasCell: this.state.cellId !== null
    };
  }

  /** Show a notebook, by its contents path. */
  show(path: string | null): void {
    if (path === this.state.path) {
      return;
    }
    this.update({
      path,
      notebook: null,
      revisions: [],
      nextPageToken: null,
      error: null,
      status: path === null ? 'idle' : 'loading'
    });
    void this.refresh();
  }

  /** The notebook that is shown was renamed: what is shown stays. */
  rename(path: string): void {
    this.update({ path });
    void this.refresh();
  }

  setActiveCell(cellId: string | null): void {
    if (cellId === this.state.cellId) {
      return;
    }
    this.update({ cellId });
    if (this.state.filter === 'cell') {
      this.reload();
    }
  }

  setFilter(filter: HistoryFilter): void {
    const serverSide = filter === 'cell' || this.state.filter === 'cell';
    this.update({ filter });
    if (serverSide) {
      this.reload();
    } else {
      void this.fill();
    }
  }

  setRecording(recording: boolean): void {
    this.update({ recording });
  }

  /** While nobody looks, changes are only noted. */
  setVisible(visible: boolean): void {
    this.visible = visible;
    if (visible && this.stale) {
      void this.refresh();
    }
  }

  /** Something in the store changed. */
  noteChange(change: ChangeEvent & { everything: boolean }): void {
    const { notebook, revisions } = this.state;
    const known = notebook?.notebook_id ?? null;
    const runs = new Set(change.run_ids);
    const concerned =
      change.everything ||
      (known === null
        ? change.notebook_ids.length > 0
        : change.notebook_ids.includes(known)) ||
      revisions.some(revision => revision.runs.some(run => runs.has(run.run_id)));
    if (concerned) {
      this.stale = true;
      if (this.visible) {
        void this.refresh();
      }
    }
  }

  /** Ask again for the newest page; older pages stay. One request at a time. */
  async refresh(): Promise<void> {
    if (this.refreshing) {
      this.again = true;
      return;
    }
    this.refreshing = true;
    try {
      do {
        this.again = false;
        await this.load();
      } while (this.again && !this.isDisposed);
    } finally {
      this.refreshing = false;
    }
    await this.fill();
  }

  async loadMore(): Promise<void> {
    const { notebook, nextPageToken, path } = this.state;
    if (!notebook?.notebook_id || nextPageToken === null || this.state.loadingMore) {
      return;
    }
    this.update({ loadingMore: true });
    try {
      const page = await listRevisions(notebook.notebook_id, {
        ...this.query,
        page_token: nextPageToken
      });
      if (this.state.path === path && this.state.nextPageToken === nextPageToken) {
        this.update({
          revisions: merged(this.state.revisions, page.revisions),
          nextPageToken: page.next_page_token
        });
      }
    } catch (error) {
      this.update({ status: 'error', error: message(error) });
    } finally {
      this.update({ loadingMore: false });
    }
  }

  /** Give a revision a name; null takes it away. */
  async setLabel(revisionId: string, label: string | null): Promise<void> {
    const renamed = await patchRevision(revisionId, { label });
    this.update({
      revisions: this.state.revisions.map(revision =>
        revision.revision_id === revisionId ? renamed : revision
      )
    });
  }

  private reload(): void {
    this.update({ revisions: [], nextPageToken: null, status: 'loading' });
    void this.refresh();
  }

  private get query(): { limit: number; cell_id?: string } {
    const { filter, cellId } = this.state;
    return filter === 'cell' && cellId !== null
      ? { limit: PAGE_SIZE, cell_id: cellId }
      : { limit: PAGE_SIZE };
  }

  private async load(): Promise<void> {
    const { path } = this.state;
    this.stale = false;
    if (path === null) {
      return;
    }
    const query = this.query;
    const current = () =>
      this.state.path === path && this.query.cell_id === query.cell_id;
    try {
      const notebook = await findNotebook(path);
      const page = notebook.notebook_id
        ? await listRevisions(notebook.notebook_id, query)
        : { revisions: [], next_page_token: null };
      if (!current()) {
        this.again = true;
        return;
      }
      const oldest = page.revisions.at(-1)?.number ?? 0;
      const older = this.state.revisions.filter(revision => revision.number < oldest);
      const keepsOlder = older.length > 0 && page.next_page_token !== null;
      this.update({
        notebook,
        revisions: keepsOlder ? merged(page.revisions, older) : page.revisions,
        nextPageToken: keepsOlder ? this.state.nextPageToken : page.next_page_token,
        status: 'ready',
        error: null
      });
    } catch (error) {
      if (current()) {
        this.update({ status: 'error', error: message(error) });
      } else {
        this.again = true;
      }
    }
  }

  /** A filter may leave nothing of a page: read on until there is something to see. */
  private async fill(): Promise<void> {
    const { filter } = this.state;
    for (let pages = 0; pages < FILL_PAGES; pages++) {
      const enough = this.view.revisions.length >= FILL_ROWS || !this.view.hasMore;
      if (
        filter === 'all' ||
        filter === 'cell' ||
        enough ||
        this.state.filter !== filter
      ) {
        return;
      }
      await this.loadMore();
    }
  }

  private visible = false;
  private stale = false;
  private refreshing = false;
  private again = false;
}

function matches(revision: RevisionInfo, filter: HistoryFilter): boolean {
  return (
    (filter !== 'runs' || revision.runs.length > 0) &&
    (filter !== 'named' || revision.label !== null)
  );
}

function merged(
  first: readonly RevisionInfo[],
  then: readonly RevisionInfo[]
): readonly RevisionInfo[] {
  const known = new Set(first.map(revision => revision.revision_id));
  return [...first, ...then.filter(revision => !known.has(revision.revision_id))];
}

function message(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
