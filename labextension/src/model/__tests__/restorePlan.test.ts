import assert from 'node:assert/strict';
import { test } from 'node:test';

import {
  isEmptyPlan,
  longestIncreasing,
  planCellRestore,
  planRestore,
  sourceEdits,
  type PlanCell,
  type RestorePlan
} from '../restorePlan';

const KEEP = { outputs: false };
const STORED = { outputs: true };

function code(id: string, source: string, outputs: string[] = []): PlanCell {
  return {
    id,
    cell_type: 'code',
    source,
    metadata: {},
    outputs: outputs.map(text => ({ output_type: 'stream', name: 'stdout', text })),
    execution_count: outputs.length > 0 ? 1 : null
  };
}

function notebook(cells: PlanCell[], metadata: Record<string, unknown> = {}) {
  return { cells, metadata };
}

/** Do to a list of cells what the plan says, in the order the applier does it. */
function applied(cells: PlanCell[], plan: RestorePlan): PlanCell[] {
  const result = cells.map(cell => ({ ...cell }));
  for (const edit of plan.edits) {
    const cell = result[edit.index]!;
    for (const { start, end, text } of edit.source) {
      const source = cell.source as string;
      cell.source = source.slice(0, start) + text + source.slice(end);
    }
    if (edit.outputs) {
      cell.outputs = edit.outputs.outputs;
      cell.execution_count = edit.outputs.executionCount;
    }
    if (edit.metadata) {
      const kept = { ...(cell.metadata as object), ...edit.metadata.set };
      edit.metadata.remove.forEach(
        key => delete (kept as Record<string, unknown>)[key]
      );
      cell.metadata = kept;
    }
  }
  plan.deletions.forEach(({ from, to }) => result.splice(from, to - from));
  plan.insertions.forEach(({ index, cells: fresh }) =>
    result.splice(index, 0, ...fresh)
  );
  return result;
}

/** A small generator, so that a failure can be repeated by its seed. */
function random(seed: number): (below: number) => number {
  let state = seed + 1;
  return below => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state % below;
  };
}

function randomCells(pick: (below: number) => number): PlanCell[] {
  const ids = ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h'].filter(() => pick(4) > 0);
  for (let index = ids.length - 1; index > 0; index--) {
    const other = pick(index + 1);
    [ids[index], ids[other]] = [ids[other]!, ids[index]!];
  }
  const words = ['x = 1', 'y = x + 1', 'print(y)', '', 'for k in y:\n    print(k)'];
  return ids.map(id => {
    const source = [words[pick(5)], words[pick(5)]].join('\n');
    const cell = code(id, source, pick(3) ? [] : ['out']);
    return pick(5)
      ? cell
      : { id, cell_type: 'markdown', source, metadata: { at: pick(2) } };
  });
}

test('any notebook becomes any other: cells, ids, order, text and stored outputs', () => {
  for (let seed = 0; seed < 400; seed++) {
    const pick = random(seed);
    const from = randomCells(pick);
    const to = randomCells(pick);
    const plan = planRestore(notebook(from), notebook(to), STORED);
    const goal =
      to.length > 0 ? to : [code(from.find(c => c.cell_type === 'code')?.id ?? '', '')];
    const got = applied(from, plan);
    if (to.length > 0) {
      assert.deepEqual(got, goal, `seed ${seed}`);
    } else {
      assert.equal(got.length, 1, `seed ${seed}`);
      assert.equal(got[0]!.source, '');
    }
  }
});

test('a notebook that is already as it was needs no edit', () => {
  const cells = [code('a', 'x = 1', ['1']), code('b', 'y')];
  assert.ok(isEmptyPlan(planRestore(notebook(cells), notebook(cells), STORED)));
});

test('cells that kept their order stay in place; only the moved one is put anew', () => {
  const cells = ['a', 'b', 'c', 'd'].map(id => code(id, id));
  const moved = [cells[3]!, cells[0]!, cells[1]!, cells[2]!];
  const plan = planRestore(notebook(moved), notebook(cells), KEEP);
  assert.deepEqual(plan.deletions, [{ from: 0, to: 1 }]);
  assert.deepEqual(
    plan.insertions.map(({ index, cells: fresh }) => [
      index,
      fresh.map(cell => cell.id)
    ]),
    [[3, ['d']]]
  );
});

test('without stored outputs, a cell keeps its outputs if its text is unchanged', () => {
  const now = [code('a', 'x', ['now']), code('b', 'edited', ['now'])];
  const then = [
    code('a', 'x', ['then']),
    code('b', 'y', ['then']),
    code('c', 'z', ['then'])
  ];
  const got = applied(now, planRestore(notebook(now), notebook(then), KEEP));
  const texts = got.map(cell =>
    (cell.outputs as { text: string }[]).map(({ text }) => text)
  );
  assert.deepEqual(texts, [['now'], [], []]);
});

test('trust of outputs is never brought back from a revision', () => {
  const then = { ...code('a', 'x', ['<b>']), metadata: { trusted: true } };
  const plan = planRestore(notebook([code('b', '')]), notebook([then]), STORED);
  assert.deepEqual(plan.insertions[0]!.cells[0]!.metadata, {});
});

test('kernel metadata stays, other notebook metadata is restored', () => {
  const now = notebook([code('a', '')], {
    kernelspec: { name: 'python3' },
    title: 'B',
    tag: 1
  });
  const then = notebook([code('a', '')], { kernelspec: { name: 'old' }, title: 'A' });
  const { metadata } = planRestore(now, then, KEEP);
  assert.deepEqual(metadata, { set: { title: 'A' }, remove: ['tag'] });
});

test('a deleted cell comes back after the cell that stood before it', () => {
  const then = ['a', 'b', 'c', 'd'].map(id => code(id, id));
  const now = [then[3]!, then[0]!, code('new', 'n')];
  const got = applied(now, planCellRestore(notebook(now), notebook(then), 'c', KEEP));
  assert.deepEqual(
    got.map(cell => cell.id),
    ['d', 'a', 'c', 'new']
  );
});

test('restoring one cell touches no other', () => {
  const then = [code('a', 'old a'), code('b', 'old b')];
  const now = [code('b', 'new b'), code('a', 'new a')];
  const got = applied(now, planCellRestore(notebook(now), notebook(then), 'a', KEEP));
  assert.deepEqual(
    got.map(cell => cell.source),
    ['new b', 'old a']
  );
});

test('a cell that the revision does not have is removed by restoring it', () => {
  const then = [code('a', 'a')];
  const now = [code('a', 'a'), code('b', 'b')];
  const got = applied(now, planCellRestore(notebook(now), notebook(then), 'b', KEEP));
  assert.deepEqual(
    got.map(cell => cell.id),
    ['a']
  );
});

test('a stream stored in lines becomes one text', () => {
  const output = { output_type: 'stream', name: 'stdout', text: ['one\n', 'two'] };
  const then = { ...code('a', ''), source: ['x\n', 'y'], outputs: [output] };
  const plan = planRestore(notebook([code('z', '')]), notebook([then]), STORED);
  const cell = plan.insertions[0]!.cells[0]!;
  assert.equal(cell.source, 'x\ny');
  assert.equal((cell.outputs as { text: string }[])[0]!.text, 'one\ntwo');
});

test('text edits are small, and come from the end to the start', () => {
  const edits = sourceEdits('for k in a:\n    f(k)\n', 'for j in a:\n    f(j)\n');
  assert.deepEqual(edits, [
    { start: 18, end: 19, text: 'j' },
    { start: 4, end: 5, text: 'j' }
  ]);
});

test('the longest increasing subsequence skips what has no place', () => {
  assert.deepEqual(longestIncreasing([3, -1, 0, 1, 2]), [2, 3, 4]);
  assert.deepEqual(longestIncreasing([]), []);
});
