/** Which cells of an open notebook changed since one last asked, by its shared document.
 *
 * `cell.changed` misses outputs written into another cell (`update_display`), so the shared
 * array itself is watched, at every depth.
 */

import type { YNotebook } from '@jupyter/ydoc';

import {
  withinLimit,
  withoutTrust,
  MAX_BODY_BYTES,
  type CellJson,
  type DocumentDelta,
  type DocumentState,
  type Metadata
} from './snapshotsState';

/** The part of a Yjs type that is needed to find the cell it stands in. */
interface SharedType {
  parent: SharedType | null;
  get?: (key: string) => unknown;
}

interface SharedEvent {
  target: unknown;
  changes: { delta: { insert?: unknown }[] };
}

export class DocumentChanges {
  constructor(private readonly notebook: YNotebook) {
    this.cells.observeDeep(this.onCells as never);
    this.meta.observeDeep(this.onMeta);
  }

  dispose(): void {
    this.cells.unobserveDeep(this.onCells as never);
    this.meta.unobserveDeep(this.onMeta);
  }

  /** The whole document now; nothing counts as changed afterwards. */
  whole(): DocumentState {
    this.changed.clear();
    this.metadataChanged = false;
    const cells = this.notebook.cells.map(frozen);
    return {
      order: cells.map(cell => cell.id),
      cells: new Map(cells.map(cell => [cell.id, cell])),
      metadata: withoutTrust(this.notebook.metadata as Metadata),
      nbformat: this.notebook.nbformat,
      nbformatMinor: this.notebook.nbformat_minor
    };
  }

  /** What changed since the last call; nothing counts as changed afterwards. */
  take(): DocumentDelta {
    const cells = this.notebook.cells
      .filter(cell => this.changed.has(cell.id))
      .map(frozen);
    const delta = {
      order: this.notebook.cells.map(cell => cell.id),
      cells: withinLimit(cells, MAX_BODY_BYTES),
      metadata: this.metadataChanged
        ? withoutTrust(this.notebook.metadata as Metadata)
        : null
    };
    this.changed.clear();
    this.metadataChanged = false;
    return delta;
  }

  /** Whether anything changed since the last call of `take`. */
  get pending(): boolean {
    return this.metadataChanged || this.changed.size > 0;
  }

  private get cells() {
    return this.notebook.ydoc.getArray('cells');
  }

  private get meta() {
    return this.notebook.ydoc.getMap('meta');
  }

  private readonly onCells = (events: SharedEvent[]): void => {
    for (const event of events) {
      if (event.target === this.cells) {
        this.addInserted(event);
      } else {
        this.addOwner(event.target as SharedType);
      }
    }
  };

  private addInserted(event: SharedEvent): void {
    for (const { insert } of event.changes.delta) {
      for (const cell of Array.isArray(insert) ? (insert as SharedType[]) : []) {
        this.add(cell);
      }
    }
  }

  private addOwner(target: SharedType): void {
    const top = this.cells as unknown as SharedType;
    let type: SharedType | null = target;
    while (type && type.parent !== top) {
      type = type.parent;
    }
    if (type) {
      this.add(type);
    }
  }

  private add(cell: SharedType): void {
    const id = cell.get?.('id');
    if (typeof id === 'string') {
      this.changed.add(id);
    }
  }

  private readonly onMeta = (): void => {
    this.metadataChanged = true;
  };

  private readonly changed = new Set<string>();
  private metadataChanged = false;
}

function frozen(cell: YNotebook['cells'][number]): CellJson {
  const json = cell.toJSON() as unknown as CellJson;
  return { ...json, id: cell.id, metadata: withoutTrust(json.metadata as Metadata) };
}
