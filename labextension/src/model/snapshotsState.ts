/** The notebook as frozen cells: what a delta is, and how deltas become a whole document. */

export type CellJson = Record<string, unknown> & { id: string; cell_type: string };
export type Metadata = Record<string, unknown>;

/** What changed since the previous snapshot. `metadata` null: as it was. */
export interface DocumentDelta {
  order: string[];
  cells: CellJson[];
  metadata: Metadata | null;
}

/** A whole document, as the server is known to hold it. */
export interface DocumentState {
  order: string[];
  cells: Map<string, CellJson>;
  metadata: Metadata;
  nbformat: number;
  nbformatMinor: number;
}

/** Bring a state forward by one delta, in place. */
export function applyDelta(state: DocumentState, delta: DocumentDelta): void {
  for (const cell of delta.cells) {
    state.cells.set(cell.id, cell);
  }
  state.order = delta.order;
  if (state.cells.size > delta.order.length) {
    const present = new Set(delta.order);
    for (const id of [...state.cells.keys()]) {
      if (!present.has(id)) {
        state.cells.delete(id);
      }
    }
  }
  if (delta.metadata) {
    state.metadata = delta.metadata;
  }
}

/** One delta with the effect of two in a row. */
export function composeDeltas(
  first: DocumentDelta,
  second: DocumentDelta
): DocumentDelta {
  const cells = new Map(first.cells.map(cell => [cell.id, cell]));
  for (const cell of second.cells) {
    cells.set(cell.id, cell);
  }
  const present = new Set(second.order);
  return {
    order: second.order,
    cells: [...cells.values()].filter(cell => present.has(cell.id)),
    metadata: second.metadata ?? first.metadata
  };
}

/** The nbformat document of a state after a delta; the state itself stays as it is. */
export function wholeDocument(
  state: DocumentState,
  delta: DocumentDelta,
  limitBytes: number = MAX_BODY_BYTES
): Record<string, unknown> {
  const changed = new Map(delta.cells.map(cell => [cell.id, cell]));
  const cells: CellJson[] = [];
  for (const id of delta.order) {
    const cell = changed.get(id) ?? state.cells.get(id);
    if (cell) {
      cells.push(cell);
    }
  }
  return {
    cells: withinLimit(cells, limitBytes),
    metadata: delta.metadata ?? state.metadata,
    nbformat: state.nbformat,
    // Cell ids are part of what is recorded, and they need 4.5.
    nbformat_minor:
      state.nbformat === 4 ? Math.max(5, state.nbformatMinor) : state.nbformatMinor
  };
}

/** Above this size of a body, outputs are left out, the largest first. */
export const MAX_BODY_BYTES = 50_000_000;

/** About how many bytes a value takes as JSON; cheap, so that it can run at every execution. */
export function approximateBytes(value: unknown): number {
  if (typeof value === 'string') {
    return value.length + 2;
  }
  if (Array.isArray(value)) {
    let sum = 2;
    for (const item of value) {
      sum += approximateBytes(item) + 1;
    }
    return sum;
  }
  if (value !== null && typeof value === 'object') {
    let sum = 2;
    for (const [key, item] of Object.entries(value)) {
      sum += key.length + 4 + approximateBytes(item);
    }
    return sum;
  }
  return 8;
}

/** The cells, with the outputs of the largest ones replaced by a note until all of it fits. */
export function withinLimit(cells: CellJson[], limitBytes: number): CellJson[] {
  const sizes = cells.map(cell => approximateBytes(cell.outputs ?? null));
  let total = sizes.reduce((sum, size) => sum + size, 0);
  if (total <= limitBytes) {
    return cells;
  }
  const kept = [...cells];
  const bySize = sizes.map((_, index) => index).sort((a, b) => sizes[b]! - sizes[a]!);
  for (const index of bySize) {
    if (total <= limitBytes) {
      break;
    }
    total -= sizes[index]!;
    kept[index] = { ...kept[index]!, outputs: [omittedOutput(sizes[index]!)] };
  }
  return kept;
}

function omittedOutput(sizeBytes: number): Record<string, unknown> {
  const megabytes = (sizeBytes / 1e6).toFixed(1);
  return {
    output_type: 'display_data',
    data: {
      'text/plain': `Output not recorded by nbtrack: ${megabytes} MB is over the limit`
    },
    metadata: { nbtrack: { omitted_bytes: sizeBytes } }
  };
}

/** Notebook or cell metadata without `trusted`, which is a fact about this browser only. */
export function withoutTrust(metadata: Metadata | undefined): Metadata {
  const kept = { ...metadata };
  delete kept.trusted;
  return kept;
}
