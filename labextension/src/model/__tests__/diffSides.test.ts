/** What restoring a cell from a comparison means, whichever side the revision is on. */

import assert from 'node:assert/strict';
import { test } from 'node:test';

import type { CellDiff } from '../../api/generated';
import { cellRestore, sourceRevision } from '../../components/diff/sides';
import { planCellRestore } from '../restorePlan';
import { cellDiff, notebookDiff, revision } from './build';

const old = revision(1);
const fresh = revision(2);

function meant(
  sides: Parameters<typeof notebookDiff>[0],
  cell: Partial<CellDiff>
): string | null {
  const found = cellRestore(notebookDiff(sides), cellDiff('c', cell));
  return found && `${found.label} ${found.cellId} ${found.into}`;
}

test('against now, each cell becomes what the revision has, wherever that stands', () => {
  const now = { old, new: null };
  const swapped = { old: null, new: old };
  assert.equal(
    meant(now, { status: 'added', old_cell_id: null }),
    'Remove this cell c c'
  );
  assert.equal(meant(now, { status: 'removed' }), 'Bring this cell back c c');
  assert.equal(
    meant(swapped, { status: 'added', old_cell_id: null }),
    'Bring this cell back c c'
  );
  assert.equal(meant(swapped, { status: 'removed' }), 'Remove this cell c c');
  assert.equal(meant(now, { status: 'unchanged' }), null);
});

test('a cell that has another id in the revision is restored into the present one', () => {
  const edited = { status: 'edited', old_cell_id: 'was' } as const;
  assert.equal(meant({ old, new: null }, edited), 'Restore this cell was c');
  assert.equal(meant({ old: null, new: old }, edited), 'Restore this cell c was');
});

test('between two revisions, cells of the left one can be brought into the notebook', () => {
  const sides = { old, new: fresh };
  assert.equal(sourceRevision(notebookDiff(sides)), old);
  assert.equal(meant(sides, { status: 'added', old_cell_id: null }), null);
  assert.equal(
    meant(sides, { status: 'edited', old_cell_id: 'was' }),
    'Restore this cell was was'
  );
});

test('the plan for a cell of another id edits the present cell and keeps its id', () => {
  const cell = (id: string, source: string) => ({
    id,
    cell_type: 'code',
    source,
    metadata: {},
    outputs: [],
    execution_count: null
  });
  const plan = planCellRestore(
    { cells: [cell('now', 'b')], metadata: {} },
    { cells: [cell('was', 'a')], metadata: {} },
    'was',
    { outputs: false },
    'now'
  );
  assert.deepEqual(plan.deletions, []);
  assert.deepEqual(plan.insertions, []);
  assert.equal(plan.edits.length, 1);
});
