/** Applies a restore plan to an open notebook, as one step that can be undone. */

import type { YNotebook } from '@jupyter/ydoc';
import type { INotebookModel } from '@jupyterlab/notebook';

import type { CellEdit, MetadataEdit, PlanCell, RestorePlan } from './restorePlan';

type SharedCell = YNotebook['cells'][number];

/** One applied step: what is needed to take exactly it back. */
export interface AppliedStep {
  /** The entry of the undo stack; null when nothing had to be changed. */
  item: unknown;
  /** Notebook metadata from before, which is outside the undo stack. */
  metadata: Record<string, unknown>;
}

/** The open notebook as the planner reads it, ids always included. */
export function presentNotebook(model: INotebookModel): {
  cells: PlanCell[];
  metadata: Record<string, unknown>;
} {
  const shared = model.sharedModel;
  return {
    cells: shared.cells.map(
      cell => ({ ...cell.toJSON(), id: cell.id }) as unknown as PlanCell
    ),
    metadata: shared.metadata as Record<string, unknown>
  };
}

/**
 * Edit the notebook: one transaction, one undo step, widgets of kept cells untouched.
 *
 * @param also - done in the same transaction.
 */
export function applyPlan(
  model: INotebookModel,
  plan: RestorePlan,
  also?: () => void
): AppliedStep {
  const shared = model.sharedModel as unknown as YNotebook;
  const metadata = { ...(shared.metadata as Record<string, unknown>) };
  const wrappers = [...shared.cells];
  const before = shared.undoManager.undoStack.length;
  distrust(model, plan);
  shared.undoManager.stopCapturing();
  // `shared.cells` does not follow inside the transaction: only wrappers and plain indices.
  shared.transact(() => {
    plan.edits.forEach(edit => applyEdit(wrappers[edit.index]!, edit));
    plan.deletions.forEach(({ from, to }) => shared.deleteCellRange(from, to));
    plan.insertions.forEach(({ index, cells }) =>
      shared.insertCells(
        index,
        cells as unknown as Parameters<YNotebook['insertCells']>[1]
      )
    );
    if (plan.metadata) {
      editMetadata(shared, plan.metadata);
    }
    also?.();
  });
  shared.undoManager.stopCapturing();
  model.dirty = true;
  const { undoStack } = shared.undoManager;
  return { item: undoStack.length > before ? undoStack.at(-1) : null, metadata };
}

/** Take a step back if it is the last one that was made; says whether it did. */
export function undoStep(model: INotebookModel, step: AppliedStep): boolean {
  const shared = model.sharedModel as unknown as YNotebook;
  if (step.item === null || shared.undoManager.undoStack.at(-1) !== step.item) {
    return false;
  }
  shared.undo();
  shared.metadata = step.metadata as typeof shared.metadata;
  model.dirty = true;
  return true;
}

/** Outputs that come from the store are shown untrusted, and a save must not sign them. */
function distrust(model: INotebookModel, plan: RestorePlan): void {
  for (const { index, outputs } of plan.edits) {
    const cell = model.cells.get(index);
    if (outputs && outputs.outputs.length > 0 && cell.trusted) {
      cell.trusted = false;
      cell.sharedModel.setMetadata('trusted', false);
    }
  }
}

function applyEdit(cell: SharedCell, edit: CellEdit): void {
  for (const { start, end, text } of edit.source) {
    cell.updateSource(start, end, text);
  }
  if (edit.metadata) {
    editMetadata(cell, edit.metadata);
  }
  if (edit.outputs && cell.cell_type === 'code') {
    cell.setOutputs(edit.outputs.outputs as Parameters<typeof cell.setOutputs>[0]);
    cell.execution_count = edit.outputs.executionCount;
  }
  if (edit.attachments && cell.cell_type !== 'code') {
    cell.setAttachments(edit.attachments as Parameters<typeof cell.setAttachments>[0]);
  }
}

interface HasMetadata {
  setMetadata(key: string, value: never): void;
  deleteMetadata(key: string): void;
}

function editMetadata(target: HasMetadata, edit: MetadataEdit): void {
  Object.entries(edit.set).forEach(([key, value]) =>
    target.setMetadata(key, value as never)
  );
  edit.remove.forEach(key => target.deleteMetadata(key));
}
