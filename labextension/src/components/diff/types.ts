/** What the diff's components are given, and what they ask for. */

import type { CellDiff, NotebookDiff } from '../../api/generated';
import type { Token } from './lines';

/** Syntax highlighting: tokens in order, none where the language is not known. */
export type Highlight = (source: string, cellType: string) => readonly Token[];

export interface IDiffState {
  status: 'loading' | 'ready' | 'error';
  error: string | null;
  diff: NotebookDiff | null;
  /** The live notebook changed since the diff was made. */
  stale: boolean;
  /** Whether the notebook is open, so that it can be edited at once. */
  path: string | null;
}

export interface IDiffActions {
  refresh: () => void;
  restore: () => void;
  restoreCell: (cell: CellDiff) => void;
}
