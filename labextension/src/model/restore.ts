/** Restores revisions into open notebooks: record, edit, record again; undo exactly that. */

import type { YNotebook } from '@jupyter/ydoc';
import type { INotebookModel, NotebookPanel } from '@jupyterlab/notebook';
import { type ISignal, Signal } from '@lumino/signaling';

import { getRevision, getRevisionDocument } from '../api/client';
import type { RevisionInfo } from '../api/generated';
import {
  isEmptyPlan,
  planCellRestore,
  planRestore,
  type PlanCell,
  type RestorePlan
} from './restorePlan';
import { RestoreMark } from './restoreMarks';
import { applyPlan, presentNotebook, undoStep, type AppliedStep } from './restoreApply';
import type { DocumentRecorder, NotebookContext, Recorders } from './snapshots';

export interface RestoreRequest {
  revisionId: string;
  /** Only this cell; the whole notebook without it. */
  cellId?: string | null;
  /** The present cell that it replaces, where that has another id. */
  into?: string;
  /** Bring the stored outputs back, too. */
  outputs?: boolean;
}

/** One restore that was done. */
export interface Restored {
  panel: NotebookPanel;
  revision: RevisionInfo;
  cellId: string | null;
  /** False: the notebook was already as it was then. */
  changed: boolean;
  /** The revision that holds the restored state, where it could be recorded. */
  made: RevisionInfo | null;
  /** Ids of cells that came back with masked places in their text. */
  masked: readonly string[];
  /** Take exactly this restore back. */
  undo: () => Promise<void>;
}

/** A restore that was not begun, because the present state could not be recorded first. */
export class NotRecordedError extends Error {}

export class Restorer {
  constructor(private readonly recorders: Recorders) {}

  /** Emits after a restore and after its undo. */
  get restored(): ISignal<this, NotebookPanel> {
    return this._restored;
  }

  /**
   * Bring a revision, or one cell of it, back into an open notebook.
   *
   * Restores of one notebook run one after the other.
   *
   * @throws NotRecordedError when the present state could not be recorded; nothing was changed.
   */
  restore(panel: NotebookPanel, request: RestoreRequest): Promise<Restored> {
    return this.inTurn(panel.context, () => this.run(panel, request));
  }

  private async run(panel: NotebookPanel, request: RestoreRequest): Promise<Restored> {
    const { revisionId, cellId = null } = request;
    const recorder = this.recorders.find(panel.context);
    const [revision, document] = await Promise.all([
      getRevision(revisionId),
      getRevisionDocument(revisionId, true),
      panel.context.ready
    ]);
    const before = await recordBefore(recorder);
    const target = document.notebook as unknown as NotebookJson;
    const done = restoreNow(openModel(panel), target, request);
    const made = done.step ? await this.finish(panel, done.plan, request) : null;
    done.mark?.watch(() => {
      const again = this.inTurn(panel.context, () =>
        this.again(panel, target, request)
      );
      again.catch((error: unknown) => console.warn('nbtrack:', error));
    });
    this._restored.emit(panel);
    return {
      panel,
      revision,
      cellId,
      changed: done.step !== null,
      made,
      masked: done.plan.masked,
      undo: () => this.inTurn(panel.context, () => this.undo(panel, done.step, before))
    };
  }

  /** Somebody restored at the same moment: what came of both is made what was asked for here. */
  private async again(
    panel: NotebookPanel,
    target: NotebookJson,
    request: RestoreRequest
  ): Promise<void> {
    const { plan, step } = restoreNow(openModel(panel), target, request);
    if (step) {
      await this.finish(panel, plan, request);
      this._restored.emit(panel);
    }
  }

  private finish(
    panel: NotebookPanel,
    plan: RestorePlan,
    { revisionId, cellId = null }: RestoreRequest
  ): Promise<RevisionInfo | null> {
    renderMarkdown(panel, plan);
    return recordAfter(this.recorders.find(panel.context), revisionId, cellId);
  }

  private async undo(
    panel: NotebookPanel,
    step: AppliedStep | null,
    before: RevisionInfo | null
  ): Promise<void> {
    if (!step) {
      return;
    }
    if (undoStep(openModel(panel), step)) {
      await this.recorders.find(panel.context)?.record({ reason: 'sync' });
      this._restored.emit(panel);
    } else if (before) {
      // Edited since: go back to the recorded state, again as an edit.
      await this.run(panel, { revisionId: before.revision_id, outputs: true });
    } else {
      throw new Error(
        'The notebook was edited since. Choose the revision in the history.'
      );
    }
  }

  /** Run after everything asked of the same document before. */
  private inTurn<T>(context: NotebookContext, action: () => Promise<T>): Promise<T> {
    const turn = (this.turns.get(context) ?? Promise.resolve()).then(action);
    this.turns.set(
      context,
      turn.catch(() => undefined)
    );
    return turn;
  }

  private readonly turns = new WeakMap<NotebookContext, Promise<unknown>>();
  private readonly _restored = new Signal<this, NotebookPanel>(this);
}

interface NotebookJson {
  cells: PlanCell[];
  metadata: Record<string, unknown>;
}

/** Edit the notebook as it is in this moment. Without a step: it was as asked already. */
function restoreNow(
  model: INotebookModel,
  target: NotebookJson,
  request: RestoreRequest
): { plan: RestorePlan; step: AppliedStep | null; mark: RestoreMark | null } {
  const { cellId = null, outputs = false, into } = request;
  const present = presentNotebook(model);
  const plan =
    cellId === null
      ? planRestore(present, target, { outputs })
      : planCellRestore(present, target, cellId, { outputs }, into);
  if (isEmptyPlan(plan)) {
    return { plan, step: null, mark: null };
  }
  const mark = new RestoreMark(model.sharedModel as unknown as YNotebook);
  return { plan, step: applyPlan(model, plan, () => mark.write()), mark };
}

async function recordBefore(
  recorder: DocumentRecorder | null
): Promise<RevisionInfo | null> {
  if (!recorder) {
    throw new NotRecordedError(
      'Nothing was restored: history is switched off in nbtrack’s settings, ' +
        'so the present state could not be kept.'
    );
  }
  try {
    let reply = await recorder.record({ reason: 'before_restore' });
    if (recorder.pending) {
      // Typed while the server answered: that too is in the history before it is replaced.
      reply = await recorder.record({ reason: 'before_restore' });
    }
    return reply.revision;
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new NotRecordedError(
      `Nothing was restored: the present state could not be recorded first. ${reason}`
    );
  }
}

/** The edit stands whether or not it could be noted; what is unsent stays queued. */
async function recordAfter(
  recorder: DocumentRecorder | null,
  revisionId: string,
  cellId: string | null
): Promise<RevisionInfo | null> {
  try {
    const reply = await recorder?.record({
      reason: 'restore',
      restored_from: revisionId,
      cell_id: cellId
    });
    return reply?.revision ?? null;
  } catch (error) {
    console.warn('nbtrack could not note the restore in the history:', error);
    return null;
  }
}

function openModel(panel: NotebookPanel): INotebookModel {
  const { model } = panel.context;
  if (panel.isDisposed || panel.context.isDisposed) {
    throw new Error('The notebook was closed.');
  }
  return model;
}

/** Inserted markdown reads as it did, instead of as its source. */
function renderMarkdown(panel: NotebookPanel, plan: RestorePlan): void {
  const inserted = new Set(
    plan.insertions.flatMap(({ cells }) => cells.map(cell => cell.id))
  );
  for (const widget of panel.content.widgets) {
    if (inserted.has(widget.model.id) && widget.model.type === 'markdown') {
      (widget as typeof widget & { rendered: boolean }).rendered = true;
    }
  }
}
