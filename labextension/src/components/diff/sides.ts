/** Which side of a comparison can be brought back, and what that does to a cell; pure. */

import type { CellDiff, NotebookDiff, RevisionInfo } from '../../api/generated';
import type { SideName } from './types';

/** The side that a restore takes from: the older one, unless that is the notebook as it is. */
export function sourceSide(diff: NotebookDiff): SideName {
  return diff.old ? 'old' : 'new';
}

/** What `sourceSide` is. */
export function sourceRevision(diff: NotebookDiff): RevisionInfo | null {
  return diff.old ?? diff.new;
}

/** A side's short name. */
export function sideName(revision: RevisionInfo | null): string {
  return revision ? `r${revision.number}` : 'now';
}

/** A side's name with its label. */
export function sideTitle(revision: RevisionInfo | null): string {
  const label = revision?.label ? ` “${revision.label}”` : '';
  return `${sideName(revision)}${label}`;
}

export interface CellRestore {
  /** What the button says. */
  label: string;
  /** The cell in the revision; one that it does not have is removed. */
  cellId: string;
  /** The present cell that is meant, where it has another id. */
  into: string;
}

/** What restoring a cell means; null where nothing of it can be restored. */
export function cellRestore(diff: NotebookDiff, cell: CellDiff): CellRestore | null {
  if (cell.status === 'unchanged' && !cell.metadata_differs) {
    return null;
  }
  const isOld = sourceSide(diff) === 'old';
  const isLive = !diff.old || !diff.new;
  const inSource = isOld ? cell.status !== 'added' : cell.status !== 'removed';
  const inOther = isOld ? cell.status !== 'removed' : cell.status !== 'added';
  const ids = { old: cell.old_cell_id ?? cell.cell_id, new: cell.cell_id };
  const [from, to] = isOld ? [ids.old, ids.new] : [ids.new, ids.old];
  if (!inSource) {
    // Between two revisions it says nothing about the present notebook.
    return isLive ? { label: 'Remove this cell', cellId: to, into: to } : null;
  }
  if (!inOther) {
    return { label: 'Bring this cell back', cellId: from, into: from };
  }
  return { label: 'Restore this cell', cellId: from, into: isLive ? to : from };
}
