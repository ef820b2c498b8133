/** The history of the notebook one works in: all its instants, details where looked at, filters. */

import {
  findNotebook,
  getTimeline,
  listRevisions,
  patchRevision,
  type RevisionQuery
} from '../api/client';
import type {
  ChangeEvent,
  NotebookInfo,
  RevisionInfo,
  Timeline
} from '../api/generated';
import {
  type IHistoryFilter,
  type IHistoryView,
  NO_FILTER
} from '../components/history/types';
import { StateModel } from './state';

/** So many revisions are read at once. */
const CHUNK = 50;
/** While one scrolls on, nothing is asked for. */
const SETTLE_MS = 80;

interface State {
  path: string | null;
  notebook: NotebookInfo | null;
  timeline: Timeline | null;
  details: ReadonlyMap<number, RevisionInfo>;
  status: IHistoryView['status'];
  error: string | null;
  filter: IHistoryFilter;
  cellId: string | null;
  recording: boolean;
}

const EMPTY: Pick<State, 'timeline' | 'details' | 'error'> = {
  timeline: null,
  details: new Map(),
  error: null
};

export class HistoryModel extends StateModel<State> {
  constructor() {
    super({
      ...EMPTY,
      path: null,
      notebook: null,
      status: 'idle',
      filter: NO_FILTER,
      cellId: null,
      recording: true
    });
  }

  /** As the components take it. */
  get view(): IHistoryView {
    const { path, status, error, timeline, details, filter, recording } = this.state;
    return {
      path,
      status,
      error,
      filter,
      recording,
      timeline,
      details,
      total: timeline?.total ?? this.state.notebook?.revision_count ?? 0,
      hasCell: this.state.cellId !== null
    };
  }

  /** Show a notebook, by its contents path. */
  show(path: string | null): void {
    if (path === this.state.path) {
      return;
    }
    this.update({
      ...EMPTY,
      path,
      notebook: null,
      // Who wrote one notebook need not have written another.
      filter: { ...this.state.filter, author: null },
      status: path === null ? 'idle' : 'loading'
    });
    this.forgetDetails();
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
    if (this.state.filter.cell) {
      this.reload();
    }
  }

  setFilter(patch: Partial<IHistoryFilter>): void {
    this.update({ filter: { ...this.state.filter, ...patch } });
    this.reload();
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
    const known = this.state.notebook?.notebook_id ?? null;
    const runs = new Set(change.run_ids);
    const concerned =
      change.everything ||
      (known === null
        ? change.notebook_ids.length > 0
        : change.notebook_ids.includes(known)) ||
      [...this.state.details.values()].some(revision =>
        revision.runs.some(run => runs.has(run.run_id))
      );
    if (concerned) {
      this.stale = true;
      if (this.visible) {
        void this.refresh();
      }
    }
  }

  /** Ask again for all that is shown. One request at a time. */
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
  }

  /** These revisions are looked at, by their places in the timeline: have them read. */
  look(first: number, last: number): void {
    this.seen = { first, last };
    if (this.timer === null && !this.isDisposed) {
      this.timer = setTimeout(() => {
        this.timer = null;
        void this.readSeen();
      }, SETTLE_MS);
    }
  }

  /** Give a revision a name; null takes it away. */
  async setLabel(revisionId: string, label: string | null): Promise<void> {
    const renamed = await patchRevision(revisionId, { label });
    this.add([renamed]);
  }

  override dispose(): void {
    if (this.timer !== null) {
      clearTimeout(this.timer);
    }
    super.dispose();
  }

  private reload(): void {
    this.update({ status: 'loading', error: null });
    void this.refresh();
  }

  private get query(): RevisionQuery {
    const { filter, cellId } = this.state;
    return {
      cell_id: filter.cell && cellId !== null ? cellId : undefined,
      author: filter.author ?? undefined,
      named: filter.named ? 1 : undefined,
      with_runs: filter.runs ? 1 : undefined,
      with_errors: filter.errors ? 1 : undefined
    };
  }

  private async load(): Promise<void> {
    const { path } = this.state;
    this.stale = false;
    if (path === null) {
      return;
    }
    const query = this.query;
    const asked = JSON.stringify(query);
    const current = () =>
      this.state.path === path && JSON.stringify(this.query) === asked;
    try {
      const notebook = await findNotebook(path);
      const id = notebook.notebook_id;
      const [timeline, page] = await Promise.all([
        id ? getTimeline(id, query) : NOTHING,
        id ? listRevisions(id, { ...query, limit: CHUNK }) : { revisions: [] }
      ]);
      if (!current()) {
        this.again = true;
        return;
      }
      this.forgetDetails();
      this.update({
        notebook,
        timeline,
        details: this.withDetails(page.revisions),
        status: 'ready',
        error: null
      });
      this.look(this.seen.first, this.seen.last);
    } catch (error) {
      if (current()) {
        this.update({ status: 'error', error: message(error) });
      } else {
        this.again = true;
      }
    }
  }

  private async readSeen(): Promise<void> {
    const { notebook, timeline } = this.state;
    const id = notebook?.notebook_id;
    if (!id || !timeline) {
      return;
    }
    const query = this.query;
    const { numbers } = timeline;
    const to = Math.min(this.seen.last, numbers.length);
    for (let from = this.seen.first; from < to; from += 1) {
      if (this.fresh.has(numbers[from]!)) {
        continue;
      }
      const places = numbers.slice(from, from + CHUNK);
      places.forEach(number => this.fresh.add(number));
      try {
        const page = await listRevisions(id, {
          ...query,
          before: places[0]! + 1,
          limit: places.length
        });
        if (this.state.notebook?.notebook_id === id) {
          this.add(page.revisions);
        }
      } catch (error) {
        places.forEach(number => this.fresh.delete(number));
        this.update({ status: 'error', error: message(error) });
        return;
      }
    }
  }

  private add(revisions: readonly RevisionInfo[]): void {
    this.update({ details: this.withDetails(revisions) });
  }

  private withDetails(
    revisions: readonly RevisionInfo[]
  ): ReadonlyMap<number, RevisionInfo> {
    const details = new Map(this.state.details);
    for (const revision of revisions) {
      details.set(revision.number, revision);
      this.fresh.add(revision.number);
    }
    return details;
  }

  /** They are shown until they are read again. */
  private forgetDetails(): void {
    this.fresh.clear();
  }

  private readonly fresh = new Set<number>();
  private seen = { first: 0, last: 0 };
  private timer: ReturnType<typeof setTimeout> | null = null;
  private visible = false;
  private stale = false;
  private refreshing = false;
  private again = false;
}

const NOTHING: Timeline = {
  total: 0,
  numbers: [],
  created_ms: [],
  session_starts: [],
  authors: []
};

function message(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
