/** Selecting rows of a list with mouse or keys, as file managers do. */

export interface ISelection {
  selected: ReadonlySet<string>;
  /** Where a range begins. */
  anchor: string | null;
}

export const NOTHING_SELECTED: ISelection = { selected: new Set(), anchor: null };

export type SelectMode = 'only' | 'toggle' | 'range';

export function select(
  ids: readonly string[],
  current: ISelection,
  id: string,
  mode: SelectMode
): ISelection {
  if (mode === 'only') {
    return { selected: new Set([id]), anchor: id };
  }
  const from = current.anchor === null ? -1 : ids.indexOf(current.anchor);
  const to = ids.indexOf(id);
  if (mode === 'range' && from >= 0 && to >= 0) {
    const range = ids.slice(Math.min(from, to), Math.max(from, to) + 1);
    return { selected: new Set(range), anchor: current.anchor };
  }
  const selected = new Set(current.selected);
  if (!selected.delete(id)) {
    selected.add(id);
  }
  return { selected, anchor: id };
}

/** Rows that are gone cannot stay selected. */
export function keepOnly(ids: readonly string[], current: ISelection): ISelection {
  const known = new Set(ids);
  const selected = [...current.selected].filter(id => known.has(id));
  if (selected.length === current.selected.size) {
    return current;
  }
  return { selected: new Set(selected), anchor: null };
}
