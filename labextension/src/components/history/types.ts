/** What the history's components are given, and what they ask for. */

import type { RevisionInfo } from '../../api/generated';

export type HistoryFilter = 'all' | 'runs' | 'cell' | 'named';

export interface IHistoryView {
  /** The notebook that is shown; null while no notebook is open. */
  path: string | null;
  status: 'idle' | 'loading' | 'ready' | 'error';
  error: string | null;
  /** Newest first, already filtered. */
  revisions: readonly RevisionInfo[];
  /** Whether the notebook has revisions at all, filter aside. */
  hasAny: boolean;
  hasMore: boolean;
  loadingMore: boolean;
  filter: HistoryFilter;
  /** Whether a cell is active, so that its own history can be asked for. */
  hasCell: boolean;
  /** Whether new states are being recorded. */
  recording: boolean;
}

/** What can be done with one revision. */
export interface IRevisionActions {
  compare: (revision: RevisionInfo) => void;
  restore: (revision: RevisionInfo) => void;
  openBeside: (revision: RevisionInfo) => void;
  openRun: (runId: string) => void;
  /** Absent where names can't be given. */
  rename?: (revision: RevisionInfo, label: string | null) => Promise<void>;
  /** Restore the cell whose run made the revision. */
  restoreCell?: (revision: RevisionInfo, cellId: string) => void;
}

export interface IHistoryActions extends IRevisionActions {
  setFilter: (filter: HistoryFilter) => void;
  loadMore: () => void;
  refresh: () => void;
  checkpoint: (label: string) => Promise<void>;
  openSettings: () => void;
}

/** A restore that can still be taken back. */
export interface IRestoredNotice {
  text: string;
  undo: () => void;
  dismiss: () => void;
}
