import assert from 'node:assert/strict';
import { test } from 'node:test';

import { isNearEnd, NO_SCROLL, rowWindow } from '../rowWindow';

const HEIGHT = 40;

test('a short table is drawn whole', () => {
  assert.deepEqual(rowWindow(100, HEIGHT, { top: 900, height: 300 }), {
    first: 0,
    last: 100,
    before: 0,
    after: 0
  });
});

test('every row in sight of a long table is drawn, and few others', () => {
  const count = 100_000;
  for (const top of [0, 1, 399, 400, 12_345, 1_999_990, count * HEIGHT - 600]) {
    const { first, last, before, after } = rowWindow(count, HEIGHT, {
      top,
      height: 600
    });
    assert.ok(first <= Math.floor(top / HEIGHT), `first at ${top}`);
    assert.ok(
      last >= Math.min(count, Math.ceil((top + 600) / HEIGHT)),
      `last at ${top}`
    );
    assert.ok(last - first <= 200);
    assert.equal(before + (last - first) * HEIGHT + after, count * HEIGHT);
  }
});

test('scrolled past the end, as after a filter, the last rows are drawn', () => {
  const { first, last } = rowWindow(1000, HEIGHT, { top: 1e9, height: 600 });
  assert.equal(last, 1000);
  assert.ok(first < 1000);
});

test('the end is near when the last rows come into sight, and not before anything is measured', () => {
  assert.ok(!isNearEnd(50, HEIGHT, NO_SCROLL));
  assert.ok(!isNearEnd(50, HEIGHT, { top: 0, height: 600 }));
  assert.ok(isNearEnd(50, HEIGHT, { top: 1400, height: 600 }));
  assert.ok(isNearEnd(5, HEIGHT, { top: 0, height: 600 }));
});

test('before anything is measured the first rows are drawn', () => {
  const { first, last } = rowWindow(1000, HEIGHT, NO_SCROLL);
  assert.equal(first, 0);
  assert.ok(last >= 100 && last < 300);
});
