/** What the diff's components are given, and what they ask for. */

import type { CellDiff, NotebookDiff } from '../../api/generated';
import type { Token } from './lines';

/** Syntax highlighting: tokens in order, none where the language is not known. */
export type Highlight = (source: string, cellType: string) => readonly Token[];

export type SideName = 'old' | 'new';

/** One line under the other, or both texts beside each other. */
export type DiffLayout = 'unified' | 'split';

export interface IDiffState {
  status: 'loading' | 'ready' | 'error';
  error: string | null;
  diff: NotebookDiff | null;
  /** The live notebook changed since the diff was made. */
  stale: boolean;
  /** Whether the notebook is open, so that it can be edited at once. */
  path: string | null;
}

/** A cell as nbformat JSON. */
export type CellJson = Record<string, unknown>;

/** What is read only when somebody looks at it. */
export interface IDiffPieces {
  cell: (side: SideName, cellId: string) => Promise<CellJson>;
  metadata: (side: SideName) => Promise<Record<string, unknown>>;
}

/** Shows two texts beside each other in an element; gives what takes them away again. */
export type ShowBeside = (
  parent: HTMLElement,
  before: string,
  after: string,
  cellType: string
) => () => void;

export interface IDiffActions {
  refresh: () => void;
  swap: () => void;
  /** Compare with another state on this side. */
  choose: (side: SideName) => void;
  restore: () => void;
  restoreCell: (cell: CellDiff) => void;
}
