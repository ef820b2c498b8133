import assert from 'node:assert/strict';
import { test } from 'node:test';

import { foldCells } from '../../components/diff/fold';
import {
  colorLines,
  diffLines,
  foldLines,
  plainLines
} from '../../components/diff/lines';
import {
  countChanges,
  describeReason,
  initials,
  mainPreview
} from '../../components/history/describe';
import { cellDiff, revision } from './build';

const text = (segments: readonly { text: string }[]) =>
  segments.map(each => each.text).join('');

test('the lines of a diff hold both texts, whatever they are', () => {
  const samples = [
    '',
    'a',
    'a\n',
    'a\nb\nc',
    'x = 1\ny = 2\n',
    'x = 2\n\ny = 2',
    'b\na\nc\n\n'
  ];
  for (const before of samples) {
    for (const after of samples) {
      const lines = diffLines(before, after);
      const side = (skip: string) =>
        lines.filter(line => line.kind !== skip).map(line => text(line.segments));
      assert.equal(side('added').join('\n'), before);
      assert.equal(side('removed').join('\n'), after);
    }
  }
});

test('only the words that changed are marked inside a changed line', () => {
  const lines = diffLines('values = [k for k in a]', 'values = [j for j in a]');
  const marked = lines.map(line =>
    line.segments.filter(each => each.changed).map(each => each.text)
  );
  assert.deepEqual(marked, [
    ['k', 'k'],
    ['j', 'j']
  ]);
});

test('lines far from a change are folded', () => {
  const many = Array.from({ length: 20 }, (_, index) => `line ${index}`);
  const groups = foldLines(diffLines(many.join('\n'), [...many, 'new'].join('\n')));
  assert.deepEqual(
    groups.map(group => [group.folded, group.lines.length]),
    [
      [true, 17],
      [false, 4]
    ]
  );
});

test('colour does not change the text', () => {
  const tokens = [
    { from: 0, to: 3, className: 'tok-keyword' },
    { from: 4, to: 9, className: 'tok-string' }
  ];
  const lines = plainLines('def "a\nb" x', tokens);
  assert.deepEqual(lines.map(text), ['def "a', 'b" x']);
  assert.equal(lines[1]![0]!.className, 'tok-string');
  const colored = colorLines(diffLines('def f', 'def g'), tokens, tokens);
  assert.deepEqual(
    colored.map(line => text(line.segments)),
    ['def f', 'def g']
  );
});

test('unchanged cells in a row become one fold; a moved one stays to be seen', () => {
  const items = foldCells([
    cellDiff('a'),
    cellDiff('b'),
    cellDiff('c', { moved: true }),
    cellDiff('d', { outputs_differ: true }),
    cellDiff('e')
  ]);
  assert.deepEqual(
    items.map(item => (item.kind === 'fold' ? item.cells.length : item.cell.cell_id)),
    [2, 'c', 2]
  );
});

test('where only outputs differ, the cells that do are seen', () => {
  const items = foldCells([cellDiff('a'), cellDiff('b', { outputs_differ: true })]);
  assert.deepEqual(
    items.map(item => (item.kind === 'fold' ? item.cells.length : item.cell.cell_id)),
    [1, 'b']
  );
});

test('a restore names the revision it brought back', () => {
  const restored = revision(5, { reason: 'restore', restored_from_number: 3 });
  assert.equal(describeReason(restored), 'Restored r3');
});

test('changes are counted by kind, and the cell that ran speaks for the revision', () => {
  const changed = revision(2, {
    cell_id: 'b',
    changes: [
      { cell_id: 'a', kind: 'edited', preview: 'x = 1' },
      { cell_id: 'b', kind: 'edited', preview: 'fit()' },
      { cell_id: 'c', kind: 'added', preview: 'new' }
    ]
  });
  assert.deepEqual(
    countChanges(changed).map(({ short, long }) => [short, long]),
    [
      ['+1', '1 cell added'],
      ['~2', '2 cells edited']
    ]
  );
  assert.equal(mainPreview(changed), 'fit()');
});

test('a person is two letters', () => {
  assert.deepEqual(['Ada Lovelace', 'root', 'a.b@c', ''].map(initials), [
    'AL',
    'RO',
    'AB',
    '?'
  ]);
});
