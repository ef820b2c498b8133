/** What must be edited so that an open notebook becomes an earlier one; pure.
 *
 * Cells are matched by id. The longest run of cells that kept their order stays in place and is
 * edited; all others are deleted and inserted again with their ids, so that widgets, selections
 * and running outputs of untouched cells survive.
 */

import { JSONExt, type ReadonlyPartialJSONValue } from '@lumino/coreutils';
import { diffWordsWithSpace } from 'diff';

import { isMasked, unmaskedJson } from './masks';
import { withoutTrust, type Metadata } from './snapshotsState';

export type PlanCell = Record<string, unknown> & { id: string; cell_type: string };

/** Replace `start..end` of the old text. */
export interface TextEdit {
  start: number;
  end: number;
  text: string;
}

export interface MetadataEdit {
  set: Record<string, unknown>;
  remove: string[];
}

/** A cell that stays where it is. Members that are null stay as they are. */
export interface CellEdit {
  /** Its index before anything is done. */
  index: number;
  /** From the end to the start. */
  source: TextEdit[];
  metadata: MetadataEdit | null;
  attachments: Record<string, unknown> | null;
  outputs: { outputs: unknown[]; executionCount: number | null } | null;
}

export interface RestorePlan {
  edits: CellEdit[];
  /** Half-open ranges of old indices, from the end to the start. */
  deletions: { from: number; to: number }[];
  /** Groups of cells and the index of the first, in final coordinates, ascending. */
  insertions: { index: number; cells: PlanCell[] }[];
  metadata: MetadataEdit | null;
  /** Ids of restored cells whose text has masked places: secrets to type in again. */
  masked: string[];
}

export interface RestoreOptions {
  /** Show the outputs stored with the revision, too. */
  outputs: boolean;
}

interface NotebookJson {
  cells: PlanCell[];
  metadata: Record<string, unknown>;
}

/** Facts about this kernel and this browser, not about the notebook's text. */
const KEPT_METADATA = new Set(['kernelspec', 'language_info', 'widgets']);
const TRUST = new Set(['trusted']);
const WORD_DIFF_MS = 150;

/** Plan to bring the whole notebook back. */
export function planRestore(
  current: NotebookJson,
  target: NotebookJson,
  options: RestoreOptions
): RestorePlan {
  const byId = new Map(current.cells.map(cell => [cell.id, cell]));
  const cells = unique(target.cells).map(cell =>
    desired(cell, byId.get(cell.id), options)
  );
  const goal = cells.length > 0 ? cells : [emptyCell(byId)];
  return {
    ...planCells(current.cells, goal),
    metadata: metadataEdit(
      current.metadata,
      unmaskedJson(target.metadata, current.metadata) as Record<string, unknown>,
      KEPT_METADATA
    ),
    masked: maskedIds(goal)
  };
}

/**
 * Plan to bring one cell back; a cell that the revision does not have is removed.
 *
 * `into` is the present cell that it replaces, where that has another id than `cellId`.
 */
export function planCellRestore(
  current: NotebookJson,
  target: NotebookJson,
  cellId: string,
  options: RestoreOptions,
  into: string = cellId
): RestorePlan {
  const goal = [...current.cells];
  const now = goal.findIndex(cell => cell.id === into);
  const then = target.cells.find(cell => cell.id === cellId);
  if (now >= 0 && then) {
    goal[now] = { ...desired(then, goal[now], options), id: into };
  } else if (then) {
    goal.splice(
      placeOf(cellId, goal, target.cells),
      0,
      desired(then, undefined, options)
    );
  } else if (now >= 0) {
    goal.splice(now, 1);
    if (goal.length === 0) {
      goal.push(emptyCell(new Map()));
    }
  }
  const restored = goal.filter(cell => cell.id === cellId || cell.id === into);
  return {
    ...planCells(current.cells, goal),
    metadata: null,
    masked: maskedIds(restored)
  };
}

function maskedIds(cells: readonly PlanCell[]): string[] {
  return cells.filter(cell => isMasked(cell.source)).map(cell => cell.id);
}

export function isEmptyPlan(plan: RestorePlan): boolean {
  return (
    plan.edits.length + plan.deletions.length + plan.insertions.length === 0 &&
    plan.metadata === null
  );
}

/** The text edits from one source to another, from the end to the start. */
export function sourceEdits(before: string, after: string): TextEdit[] {
  if (before === after) {
    return [];
  }
  const prefix = commonPrefix(before, after);
  const suffix = commonSuffix(before, after, prefix);
  const old = before.slice(prefix, before.length - suffix);
  const fresh = after.slice(prefix, after.length - suffix);
  const whole = { start: prefix, end: before.length - suffix, text: fresh };
  if (!old || !fresh) {
    return [whole];
  }
  const parts = diffWordsWithSpace(old, fresh, { timeout: WORD_DIFF_MS });
  if (!parts) {
    return [whole];
  }
  const edits: TextEdit[] = [];
  let position = prefix;
  let last: TextEdit | null = null;
  for (const part of parts) {
    if (!part.added && !part.removed) {
      position += part.value.length;
      last = null;
      continue;
    }
    if (!last) {
      last = { start: position, end: position, text: '' };
      edits.push(last);
    }
    if (part.removed) {
      position += part.value.length;
      last.end = position;
    } else {
      last.text += part.value;
    }
  }
  return edits.reverse();
}

/** Positions of a longest strictly increasing subsequence; negative values are not counted. */
export function longestIncreasing(values: readonly number[]): number[] {
  const tails: number[] = [];
  const previous = new Array<number>(values.length).fill(-1);
  values.forEach((value, position) => {
    if (value < 0) {
      return;
    }
    let low = 0;
    let high = tails.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (values[tails[middle]!]! < value) {
        low = middle + 1;
      } else {
        high = middle;
      }
    }
    previous[position] = low > 0 ? tails[low - 1]! : -1;
    tails[low] = position;
  });
  const kept: number[] = [];
  for (
    let position = tails.at(-1) ?? -1;
    position >= 0;
    position = previous[position]!
  ) {
    kept.push(position);
  }
  return kept.reverse();
}

/** Source, outputs' text and attachments in the one form that shared cells take. */
export function normalCell(cell: PlanCell): PlanCell {
  const normal: PlanCell = {
    ...cell,
    source: joined(cell.source),
    metadata: { ...((cell.metadata as object | undefined) ?? {}) }
  };
  if (cell.cell_type === 'code') {
    normal.outputs = ((cell.outputs as Record<string, unknown>[]) ?? []).map(
      normalOutput
    );
    normal.execution_count = cell.execution_count ?? null;
  }
  return normal;
}

function normalOutput(output: Record<string, unknown>): Record<string, unknown> {
  return output.output_type === 'stream'
    ? { ...output, text: joined(output.text) }
    : output;
}

function joined(text: unknown): string {
  return Array.isArray(text) ? text.join('') : String(text ?? '');
}

/** The cell as it shall be: the revision's, with the outputs that belong to its source. */
function desired(
  stored: PlanCell,
  present: PlanCell | undefined,
  options: RestoreOptions
): PlanCell {
  const metadata = withoutTrust(stored.metadata as Metadata | undefined);
  const then = normalCell({ ...stored, metadata });
  const now = present ? normalCell(present) : null;
  const cell: PlanCell = {
    ...then,
    source: unmaskedJson(then.source, now?.source),
    metadata: unmaskedJson(then.metadata, now?.metadata)
  };
  if (cell.cell_type !== 'code' || options.outputs) {
    return cell;
  }
  if (!present || present.cell_type !== 'code' || present.source !== cell.source) {
    return { ...cell, outputs: [], execution_count: null };
  }
  return {
    ...cell,
    metadata: { ...metadata, ...trustOf(present) },
    outputs: present.outputs,
    execution_count: present.execution_count ?? null
  };
}

function trustOf(cell: PlanCell): Record<string, unknown> {
  const trusted = (cell.metadata as Record<string, unknown> | undefined)?.trusted;
  return trusted === undefined ? {} : { trusted };
}

function planCells(
  current: PlanCell[],
  goal: PlanCell[]
): Omit<RestorePlan, 'metadata' | 'masked'> {
  const goalIndex = new Map(goal.map((cell, index) => [cell.id, index]));
  const matches = current.map(cell => {
    const index = goalIndex.get(cell.id) ?? -1;
    return index >= 0 && goal[index]!.cell_type === cell.cell_type ? index : -1;
  });
  const kept = longestIncreasing(matches);
  const keptGoals = new Set(kept.map(index => matches[index]!));
  const edits = kept
    .map(index => cellEdit(index, current[index]!, goal[matches[index]!]!))
    .filter(edit => edit !== null);
  return {
    edits,
    deletions: ranges(indicesWithout(current.length, new Set(kept))).reverse(),
    insertions: ranges(indicesWithout(goal.length, keptGoals)).map(({ from, to }) => ({
      index: from,
      cells: goal.slice(from, to)
    }))
  };
}

function cellEdit(index: number, from: PlanCell, to: PlanCell): CellEdit | null {
  const edit: CellEdit = {
    index,
    source: sourceEdits(joined(from.source), joined(to.source)),
    metadata: metadataEdit(from.metadata, to.metadata, TRUST),
    attachments: same(from.attachments ?? {}, to.attachments ?? {})
      ? null
      : ((to.attachments ?? {}) as Record<string, unknown>),
    outputs: outputsEdit(from, to)
  };
  const nothing =
    edit.source.length === 0 && !edit.metadata && !edit.attachments && !edit.outputs;
  return nothing ? null : edit;
}

function outputsEdit(from: PlanCell, to: PlanCell): CellEdit['outputs'] {
  if (to.cell_type !== 'code') {
    return null;
  }
  const executionCount = (to.execution_count ?? null) as number | null;
  const sameCount = (from.execution_count ?? null) === executionCount;
  if (sameCount && same(from.outputs ?? [], to.outputs ?? [])) {
    return null;
  }
  return { outputs: (to.outputs ?? []) as unknown[], executionCount };
}

function metadataEdit(
  from: unknown,
  to: unknown,
  ignored: ReadonlySet<string>
): MetadataEdit | null {
  const before = (from ?? {}) as Record<string, unknown>;
  const after = (to ?? {}) as Record<string, unknown>;
  const edit: MetadataEdit = { set: {}, remove: [] };
  for (const [key, value] of Object.entries(after)) {
    if (!ignored.has(key) && !TRUST.has(key) && !same(before[key] ?? null, value)) {
      edit.set[key] = value;
    }
  }
  for (const key of Object.keys(before)) {
    if (!ignored.has(key) && !TRUST.has(key) && !(key in after)) {
      edit.remove.push(key);
    }
  }
  return Object.keys(edit.set).length + edit.remove.length > 0 ? edit : null;
}

/** Where a deleted cell goes: after the nearest cell before it that is still there. */
function placeOf(cellId: string, present: PlanCell[], then: PlanCell[]): number {
  const old = then.findIndex(cell => cell.id === cellId);
  const index = new Map(present.map((cell, position) => [cell.id, position]));
  for (let before = old - 1; before >= 0; before--) {
    const position = index.get(then[before]!.id);
    if (position !== undefined) {
      return position + 1;
    }
  }
  for (const cell of then.slice(old + 1)) {
    const position = index.get(cell.id);
    if (position !== undefined) {
      return position;
    }
  }
  return present.length;
}

/** A notebook has at least one cell. */
function emptyCell(present: Map<string, PlanCell>): PlanCell {
  const blank = [...present.values()].find(cell => cell.cell_type === 'code');
  const id = blank?.id ?? crypto.randomUUID().slice(0, 8);
  return {
    id,
    cell_type: 'code',
    source: '',
    metadata: {},
    outputs: [],
    execution_count: null
  };
}

/** Ids are unique in a valid notebook; a second cell with the same one is left out. */
function unique(cells: PlanCell[]): PlanCell[] {
  const seen = new Set<string>();
  return cells.filter(cell => !seen.has(cell.id) && seen.add(cell.id));
}

function indicesWithout(length: number, excluded: ReadonlySet<number>): number[] {
  return Array.from({ length }, (_, index) => index).filter(
    index => !excluded.has(index)
  );
}

function ranges(indices: number[]): { from: number; to: number }[] {
  const found: { from: number; to: number }[] = [];
  for (const index of indices) {
    const last = found.at(-1);
    if (last?.to === index) {
      last.to = index + 1;
    } else {
      found.push({ from: index, to: index + 1 });
    }
  }
  return found;
}

function commonPrefix(a: string, b: string): number {
  const limit = Math.min(a.length, b.length);
  let length = 0;
  while (length < limit && a.charCodeAt(length) === b.charCodeAt(length)) {
    length += 1;
  }
  return length;
}

function commonSuffix(a: string, b: string, prefix: number): number {
  const limit = Math.min(a.length, b.length) - prefix;
  let length = 0;
  while (
    length < limit &&
    a.charCodeAt(a.length - 1 - length) === b.charCodeAt(b.length - 1 - length)
  ) {
    length += 1;
  }
  return length;
}

function same(a: unknown, b: unknown): boolean {
  return (
    a === b ||
    JSONExt.deepEqual(a as ReadonlyPartialJSONValue, b as ReadonlyPartialJSONValue)
  );
}
