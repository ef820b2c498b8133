/** Cells of a diff that say little, folded; pure. */

import type { CellDiff } from '../../api/generated';

export type DiffItem =
  { kind: 'cell'; cell: CellDiff } | { kind: 'fold'; key: string; cells: CellDiff[] };

/** Whether anything of this cell differs. */
export function isChanged(cell: CellDiff): boolean {
  return cell.outputs_differ || isEdited(cell);
}

/** Whether more than its outputs differs: what a person did, not what a kernel printed. */
function isEdited(cell: CellDiff): boolean {
  return cell.status !== 'unchanged' || cell.moved || cell.metadata_differs;
}

/**
 * The diff with stretches of unchanged cells as one item each.
 *
 * Where anything was edited, cells that differ in outputs only are folded too: after a run of the
 * whole notebook the one edit would drown among them.
 */
export function foldCells(cells: readonly CellDiff[]): DiffItem[] {
  const items: DiffItem[] = [];
  const isShown = cells.some(isEdited) ? isEdited : isChanged;
  for (const cell of cells) {
    const last = items.at(-1);
    if (isShown(cell)) {
      items.push({ kind: 'cell', cell });
    } else if (last?.kind === 'fold') {
      last.cells.push(cell);
    } else {
      items.push({ kind: 'fold', key: cell.cell_id, cells: [cell] });
    }
  }
  return items;
}
