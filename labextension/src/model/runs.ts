/** The runs the sidebar shows: which, in what order, how far loaded, which are selected. */

import type { RunPage, RunSummary } from '../api/generated';
import { deleteRuns, listRuns, undeleteRuns } from '../api/client';
import { ApiError } from '../api/request';
import { filterClause, type IOrder, NEWEST_FIRST, orderClause } from './runsColumns';
import {
  type ISelection,
  keepOnly,
  NOTHING_SELECTED,
  select,
  type SelectMode
} from './runsSelection';
import { StateModel } from './state';

/** The runs of the notebook in front, or all of the store. */
export type RunScope = 'notebook' | 'all';

/** A live list asks at most this often. */
const LIVE_MS = 1000;

/** So many of the loaded runs are asked for again; those after them stay as they are. */
const MOST_AGAIN = 500;

export interface IRunsState {
  scope: RunScope;
  /** The notebook in front; null when there is none. */
  path: string | null;
  filter: string;
  /** The filter's words are looked for in code and notes, not in names. */
  inCode: boolean;
  order: IOrder;
  /** Ids of the chosen columns; null lets the runs decide. */
  columns: readonly string[] | null;
  /** Null until the first answer. */
  runs: readonly RunSummary[] | null;
  total: number;
  nextPageToken: string | null;
  isLoading: boolean;
  error: string | null;
  /** What is wrong with the filter; the last good answer stays. */
  filterError: string | null;
  selection: ISelection;
  /** The runs that were just deleted, while that can be undone in the panel. */
  deleted: readonly RunSummary[];
}

export class RunsModel extends StateModel<IRunsState> {
  constructor(private _pageSize = 50) {
    super({
      scope: 'notebook',
      path: null,
      filter: '',
      inCode: false,
      order: NEWEST_FIRST,
      columns: null,
      runs: null,
      total: 0,
      nextPageToken: null,
      isLoading: false,
      error: null,
      filterError: null,
      selection: NOTHING_SELECTED,
      deleted: []
    });
  }

  set pageSize(size: number) {
    this._pageSize = size;
  }

  /** While nobody looks nothing is fetched; on return, what was missed is. */
  setVisible(visible: boolean): void {
    this._isVisible = visible;
    if (visible && this._isStale) {
      void this.refresh();
    }
  }

  setPath(path: string | null): void {
    if (path === this.state.path) {
      return;
    }
    this.update({ path });
    if (this.state.scope === 'notebook') {
      this.restart();
    }
  }

  setScope(scope: RunScope): void {
    this.update({ scope });
    this.restart();
  }

  setFilter(filter: string): void {
    this.update({ filter });
    void this.refresh(false);
  }

  setInCode(inCode: boolean): void {
    this.update({ inCode });
    void this.refresh(false);
  }

  setOrder(order: IOrder): void {
    this.update({ order });
    void this.refresh(false);
  }

  setColumns(columns: readonly string[] | null): void {
    this.update({ columns });
  }

  select(id: string, mode: SelectMode): void {
    this.update({ selection: select(this.ids, this.state.selection, id, mode) });
  }

  selectAll(): void {
    this.update({ selection: { selected: new Set(this.ids), anchor: null } });
  }

  clearSelection(): void {
    this.update({ selection: NOTHING_SELECTED });
  }

  /** Something changed in the store; asks again soon, at most once a second. */
  onChange(): void {
    this._isStale = true;
    if (!this._isVisible || this._timer !== null) {
      return;
    }
    const wait = Math.max(0, this._askedAt + LIVE_MS - Date.now());
    this._timer = window.setTimeout(() => {
      this._timer = null;
      void this.refresh();
    }, wait);
  }

  /**
   * Ask again for the runs that are shown.
   *
   * @param isSame - it is the same list as before: a long one keeps its far end.
   */
  async refresh(isSame = true): Promise<void> {
    this._isStale = true;
    if (!this._isVisible) {
      return;
    }
    if (this.state.scope === 'notebook' && this.state.path === null) {
      this.update({ runs: null, isLoading: false, error: null, filterError: null });
      return;
    }
    this._isStale = false;
    this._askedAt = Date.now();
    const loaded = isSame ? (this.state.runs?.length ?? 0) : 0;
    const limit = Math.max(this._pageSize, Math.min(loaded, MOST_AGAIN));
    await this.load(limit, null, loaded > limit);
  }

  async loadMore(): Promise<void> {
    if (this.state.nextPageToken && !this.state.isLoading) {
      await this.load(this._pageSize, this.state.nextPageToken, false);
    }
  }

  async delete(runIds: readonly string[]): Promise<void> {
    const gone = new Set(runIds);
    const runs = this.state.runs ?? [];
    const deleted = runs.filter(run => gone.has(run.run_id));
    try {
      await deleteRuns(runIds);
    } catch (error) {
      this.update({ error: messageOf(error) });
      return;
    }
    const kept = runs.filter(run => !gone.has(run.run_id));
    this.update({
      runs: kept,
      total: Math.max(0, this.state.total - deleted.length),
      selection: NOTHING_SELECTED,
      deleted
    });
    await this.refresh();
  }

  async undoDelete(): Promise<void> {
    const { deleted } = this.state;
    try {
      await undeleteRuns(deleted.map(run => run.run_id));
      this.update({ deleted: [] });
    } catch (error) {
      this.update({ error: messageOf(error) });
    }
    await this.refresh();
  }

  forgetDeleted(): void {
    this.update({ deleted: [] });
  }

  override dispose(): void {
    if (this._timer !== null) {
      window.clearTimeout(this._timer);
    }
    super.dispose();
  }

  private get ids(): string[] {
    return (this.state.runs ?? []).map(run => run.run_id);
  }

  private restart(): void {
    this.update({ runs: null, selection: NOTHING_SELECTED, error: null });
    void this.refresh();
  }

  private async load(
    limit: number,
    pageToken: string | null,
    keepsEnd: boolean
  ): Promise<void> {
    const { scope, path, filter, inCode, order } = this.state;
    const request = ++this._request;
    this.update({ isLoading: true });
    try {
      const page = await listRuns({
        path: scope === 'notebook' ? (path ?? undefined) : undefined,
        filter: inCode ? undefined : filterClause(filter) || undefined,
        text: inCode ? filter.trim() || undefined : undefined,
        order_by: orderClause(order),
        limit,
        page_token: pageToken ?? undefined
      });
      // A later question makes this answer worthless.
      if (request === this._request) {
        this.show(page, pageToken === null, keepsEnd);
      }
    } catch (error) {
      if (request === this._request) {
        this.fail(error);
      }
    }
  }

  private show(page: RunPage, fresh: boolean, keepsEnd: boolean): void {
    const loaded = this.state.runs ?? [];
    const before = fresh ? [] : loaded;
    const end = keepsEnd && page.next_page_token ? loaded.slice(page.runs.length) : [];
    const runs = distinct([...before, ...page.runs, ...end]);
    this.update({
      runs,
      total: page.total,
      nextPageToken: end.length ? this.state.nextPageToken : page.next_page_token,
      isLoading: false,
      error: null,
      filterError: null,
      selection: keepOnly(
        runs.map(run => run.run_id),
        this.state.selection
      )
    });
  }

  private fail(error: unknown): void {
    const isFilter =
      error instanceof ApiError &&
      error.code === 'bad_request' &&
      this.state.filter.trim() !== '';
    this.update({
      isLoading: false,
      filterError: isFilter ? error.message : null,
      error: isFilter ? null : messageOf(error)
    });
  }

  private _isVisible = false;
  private _isStale = true;
  private _askedAt = 0;
  private _request = 0;
  private _timer: number | null = null;
}

/** Each run once, as it comes first: a run may move while pages are read. */
function distinct(runs: readonly RunSummary[]): RunSummary[] {
  const seen = new Set<string>();
  return runs.filter(run => !seen.has(run.run_id) && seen.add(run.run_id));
}

export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
