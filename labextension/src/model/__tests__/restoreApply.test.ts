import assert from 'node:assert/strict';
import { afterEach, test } from 'node:test';

import { YNotebook } from '@jupyter/ydoc';
import type { INotebookModel } from '@jupyterlab/notebook';

import { applyPlan, presentNotebook, undoStep } from '../restoreApply';
import { planRestore, type PlanCell } from '../restorePlan';

interface Cell {
  id: string;
  cell_type: string;
  source: string;
  metadata: Record<string, unknown>;
  outputs?: unknown[];
  execution_count?: number | null;
}

function code(id: string, source: string): Cell {
  return {
    id,
    cell_type: 'code',
    source,
    metadata: {},
    outputs: [],
    execution_count: null
  };
}

const opened: YNotebook[] = [];
afterEach(() => opened.splice(0).forEach(notebook => notebook.dispose()));

/** A model around a real shared notebook, as JupyterLab opens one. */
function open(cells: Cell[]): INotebookModel {
  const sharedModel = YNotebook.create({
    disableDocumentWideUndoRedo: true,
    data: { cells, metadata: { title: 'now' }, nbformat: 4, nbformat_minor: 5 } as never
  });
  opened.push(sharedModel);
  sharedModel.clearUndoHistory();
  const trusted = sharedModel.cells.map(sharedCell => ({
    sharedModel: sharedCell,
    trusted: false
  }));
  const model = {
    sharedModel,
    dirty: false,
    cells: { get: (i: number) => trusted[i] }
  };
  return model as unknown as INotebookModel;
}

function texts(model: INotebookModel): [string, string][] {
  return model.sharedModel.cells.map(cell => [cell.id, cell.getSource()]);
}

const NOW = [
  code('a', 'x = 2\ny = 1'),
  code('new', '1'),
  code('c', 'c'),
  code('b', 'b')
];
const THEN = {
  cells: [code('a', 'x = 1\ny = 1'), code('b', 'b'), code('gone', 'g'), code('c', 'c')],
  metadata: { title: 'then' }
} as unknown as { cells: PlanCell[]; metadata: Record<string, unknown> };

test('a restore is one step: cells, ids and order come back, and undo brings the edit back', () => {
  const model = open(NOW);
  const kept = model.sharedModel.cells[0];
  const before = texts(model);
  const plan = planRestore(presentNotebook(model), THEN, { outputs: false });
  const step = applyPlan(model, plan);
  assert.deepEqual(
    texts(model),
    THEN.cells.map(cell => [cell.id, cell.source])
  );
  assert.equal(model.sharedModel.cells[0], kept);
  assert.equal(model.sharedModel.getMetadata('title' as never), 'then');
  assert.ok(model.dirty);
  assert.ok(undoStep(model, step));
  assert.deepEqual(texts(model), before);
  assert.equal(model.sharedModel.getMetadata('title' as never), 'now');
});

test('an edit made after the restore is not what undo takes back', () => {
  const model = open(NOW);
  const plan = planRestore(presentNotebook(model), THEN, { outputs: false });
  const step = applyPlan(model, plan);
  model.sharedModel.insertCell(0, { cell_type: 'code', source: 'later' });
  assert.equal(undoStep(model, step), false);
  assert.equal(model.sharedModel.cells[0]!.getSource(), 'later');
});

test('outputs from the store make a trusted cell untrusted', () => {
  const model = open([code('a', 'x')]);
  const cell = model.cells.get(0);
  cell.trusted = true;
  const html = {
    output_type: 'display_data',
    data: { 'text/html': '<b>' },
    metadata: {}
  };
  const then = { cells: [{ ...code('a', 'x'), outputs: [html] }], metadata: {} };
  const plan = planRestore(presentNotebook(model), then as never, { outputs: true });
  applyPlan(model, plan);
  assert.equal(cell.trusted, false);
  assert.equal(cell.sharedModel.getMetadata('trusted'), false);
});
