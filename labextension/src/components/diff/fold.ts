/** Runs of unchanged cells of a diff, folded; pure. */

import type { CellDiff } from '../../api/generated';

export type DiffItem =
  { kind: 'cell'; cell: CellDiff } | { kind: 'fold'; key: string; cells: CellDiff[] };

/** Whether a reader would want to see this cell. */
export function isChanged(cell: CellDiff): boolean {
  return (
    cell.status !== 'unchanged' ||
    cell.moved ||
    cell.outputs_differ ||
    cell.metadata_differs
  );
}

/** The diff with stretches of unchanged cells as one item each. */
export function foldCells(cells: readonly CellDiff[]): DiffItem[] {
  const items: DiffItem[] = [];
  for (const cell of cells) {
    const last = items.at(-1);
    if (isChanged(cell)) {
      items.push({ kind: 'cell', cell });
    } else if (last?.kind === 'fold') {
      last.cells.push(cell);
    } else {
      items.push({ kind: 'fold', key: cell.cell_id, cells: [cell] });
    }
  }
  return items;
}
