/** What the history's components are given, and what they ask for. */

import type { HistoryMatchInfo, RevisionInfo, Timeline } from '../../api/generated';

/** Which revisions are listed; all that is asked must hold. */
export interface IHistoryFilter {
  /** Those that changed the selected cell. */
  cell: boolean;
  author: string | null;
  runs: boolean;
  errors: boolean;
  named: boolean;
}

export const NO_FILTER: IHistoryFilter = {
  cell: false,
  author: null,
  runs: false,
  errors: false,
  named: false
};

export function isFiltered({
  cell,
  author,
  runs,
  errors,
  named
}: IHistoryFilter): boolean {
  return cell || runs || errors || named || author !== null;
}

export interface IHistoryView {
  /** The notebook that is shown; null while no notebook is open. */
  path: string | null;
  status: 'idle' | 'loading' | 'ready' | 'error';
  error: string | null;
  /** What is listed; null while that is not known. */
  timeline: Timeline | null;
  /** What is known of revisions, by number. */
  details: ReadonlyMap<number, RevisionInfo>;
  /** How many revisions the notebook has, filter aside. */
  total: number;
  filter: IHistoryFilter;
  /** Whether a cell is active, so that its own history can be asked for. */
  hasCell: boolean;
  /** Whether new states are being recorded. */
  recording: boolean;
}

/** What is looked for in the history, and what was found. */
export interface ISearchView {
  /** Empty: nothing is looked for. */
  text: string;
  /** In all notebooks, not only in the one that is shown. */
  everywhere: boolean;
  status: 'idle' | 'loading' | 'ready' | 'error';
  error: string | null;
  matches: readonly HistoryMatchInfo[];
  hasMore: boolean;
}

export interface ISearchActions {
  search: (text: string) => void;
  setEverywhere: (everywhere: boolean) => void;
  searchAgain: () => void;
  moreMatches: () => void;
  openMatch: (match: HistoryMatchInfo) => void;
  compareMatch: (match: HistoryMatchInfo) => void;
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
  /** What else its menu offers: other comparisons, and files to make of it. */
  comparisons: readonly IRevisionCommand[];
  files: readonly IRevisionCommand[];
}

/** A line of a revision's menu. */
export interface IRevisionCommand {
  id: string;
  label: string;
  onSelect: (revision: RevisionInfo) => void;
  /** Absent: for every revision. */
  isShown?: (revision: RevisionInfo) => boolean;
}

export interface IHistoryActions extends IRevisionActions, ISearchActions {
  openFigures: () => void;
  setFilter: (patch: Partial<IHistoryFilter>) => void;
  /** Revisions at these places of the timeline are looked at. */
  look: (first: number, last: number) => void;
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
