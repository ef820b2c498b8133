import assert from 'node:assert/strict';
import { test } from 'node:test';

import { sameTags, toldTags } from '../cellTags';

test('only tags that capture acts on are told, of cells that have any', () => {
  const cells = [
    { id: 'a', tags: ['slide', 'nbtrack-skip'] },
    { id: 'b', tags: ['slide'] },
    { id: 'c', tags: undefined },
    { id: 'd', tags: 'parameters' },
    { id: 'e', tags: ['parameters'] }
  ];
  assert.deepEqual(toldTags(cells), { a: ['nbtrack-skip'], e: ['parameters'] });
});

test('tags are told again when a cell gets, changes or loses one', () => {
  assert.ok(sameTags({}, {}));
  assert.ok(sameTags({ a: ['x'] }, { a: ['x'] }));
  assert.ok(!sameTags({ a: ['x'] }, {}));
  assert.ok(!sameTags({}, { a: ['x'] }));
  assert.ok(!sameTags({ a: ['x'] }, { b: ['x'] }));
  assert.ok(!sameTags({ a: ['x'] }, { a: ['x', 'y'] }));
});
