/** A comparison in the main area: asks for it, and knows when the live side moved on. */

import type { INotebookModel, NotebookPanel } from '@jupyterlab/notebook';

import {
  diffStates,
  getRevision,
  getStateCell,
  getStateMetadata,
  type StateRef
} from '../api/client';
import type { NotebookDiff, RevisionInfo } from '../api/generated';
import type { IDiffPieces, IDiffState, SideName } from '../components/diff/types';
import type { Recorders } from './snapshots';
import { StateModel } from './state';

/** The state that is compared on each side: a revision's id, or the notebook as it is now. */
export type Sides = Readonly<Record<SideName, string>>;

export interface DiffOptions {
  sides: Sides;
  recorders: Recorders;
  findPanel: (revision: RevisionInfo) => Promise<NotebookPanel>;
}

export const LIVE = 'live';

export class DiffModel extends StateModel<IDiffState> {
  constructor(private readonly options: DiffOptions) {
    super({ status: 'loading', error: null, diff: null, stale: false, path: null });
    this.sides = options.sides;
  }

  /** What is compared. */
  sides: Sides;

  /** What the comparison shows when it is opened; another object for each comparison. */
  pieces: IDiffPieces = this.piecesOf(null);

  /** Compare other states. */
  compareSides(sides: Sides): Promise<void> {
    this.sides = sides;
    return this.refresh();
  }

  swap(): Promise<void> {
    return this.compareSides({ old: this.sides.new, new: this.sides.old });
  }

  async refresh(): Promise<void> {
    const asked = ++this.asked;
    this.update({ status: 'loading', error: null });
    try {
      const { diff, documentId } = await this.compare();
      if (asked === this.asked) {
        this.pieces = this.piecesOf(documentId);
        this.update({ status: 'ready', diff, stale: false });
      }
    } catch (error) {
      if (asked === this.asked) {
        const text = error instanceof Error ? error.message : String(error);
        this.update({ status: 'error', error: text });
      }
    }
  }

  override dispose(): void {
    this.watch(null);
    super.dispose();
  }

  private async compare(): Promise<{ diff: NotebookDiff; documentId: string | null }> {
    const { sides } = this;
    const { recorders, findPanel } = this.options;
    if (sides.old !== LIVE && sides.new !== LIVE) {
      this.watch(null);
      this.update({ path: null });
      const diff = await diffStates(sides.old, sides.new);
      return { diff, documentId: null };
    }
    const recorded = sides.old === LIVE ? sides.new : sides.old;
    const panel = await findPanel(await getRevision(recorded));
    const recorder = recorders.find(panel.context);
    if (!recorder) {
      throw new Error(
        'History is switched off in the settings, so the open notebook can’t be compared.'
      );
    }
    this.watch(panel.context.model);
    this.update({ path: panel.context.path });
    await recorder.record({ reason: 'sync' });
    const { documentId } = recorder;
    return { diff: await diffStates(sides.old, sides.new, documentId), documentId };
  }

  private piecesOf(documentId: string | null): IDiffPieces {
    const { sides } = this;
    const ref = (side: SideName): StateRef =>
      sides[side] === LIVE
        ? { kind: 'documents', id: documentId ?? '' }
        : { kind: 'revisions', id: sides[side] };
    return {
      cell: async (side, cellId) => (await getStateCell(ref(side), cellId)).cell,
      metadata: async side => (await getStateMetadata(ref(side))).metadata
    };
  }

  private watch(model: INotebookModel | null): void {
    if (model !== this.model) {
      this.model?.contentChanged.disconnect(this.onContentChanged, this);
      model?.contentChanged.connect(this.onContentChanged, this);
      this.model = model;
    }
  }

  private onContentChanged(): void {
    this.update({ stale: true });
  }

  private model: INotebookModel | null = null;
  private asked = 0;
}
