/** A comparison in the main area: asks for it, and knows when the live side moved on. */

import type { INotebookModel, NotebookPanel } from '@jupyterlab/notebook';

import { diffRevision, getRevision } from '../api/client';
import type { NotebookDiff, RevisionInfo } from '../api/generated';
import type { IDiffState } from '../components/diff/types';
import type { Recorders } from './snapshots';
import { StateModel } from './state';

export interface DiffOptions {
  revisionId: string;
  /** The new side: another revision's id, or the notebook as it is now. */
  against: string;
  recorders: Recorders;
  findPanel: (revision: RevisionInfo) => Promise<NotebookPanel>;
}

export const LIVE = 'live';

export class DiffModel extends StateModel<IDiffState> {
  constructor(private readonly options: DiffOptions) {
    super({ status: 'loading', error: null, diff: null, stale: false, path: null });
  }

  async refresh(): Promise<void> {
    const asked = ++this.asked;
    this.update({ status: 'loading', error: null });
    try {
      const diff = await this.compare();
      if (asked === this.asked) {
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

  private async compare(): Promise<NotebookDiff> {
    const { revisionId, against, recorders, findPanel } = this.options;
    if (against !== LIVE) {
      return diffRevision(revisionId, against);
    }
    const panel = await findPanel(await getRevision(revisionId));
    const recorder = recorders.find(panel.context);
    if (!recorder) {
      throw new Error(
        'History is switched off in the settings, so the open notebook can’t be compared.'
      );
    }
    this.watch(panel.context.model);
    this.update({ path: panel.context.path });
    await recorder.record({ reason: 'sync' });
    return diffRevision(revisionId, LIVE, recorder.documentId);
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
