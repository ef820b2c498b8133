import assert from 'node:assert/strict';
import { test } from 'node:test';

import type { Timeline } from '../../api/generated';
import { lineAt, offsetsOf, stackWindow } from '../stackWindow';
import { timelineItems } from '../timelineItems';

const at = (day: number, hour: number, minute = 0) =>
  new Date(2026, 10, day, hour, minute).getTime();
const NOW = at(23, 12);
const NONE: ReadonlySet<string> = new Set();

function timeline(times: number[], starts: number[] = [0]): Timeline {
  return {
    total: times.length,
    numbers: times.map((_, index) => times.length - index),
    created_ms: times,
    session_starts: starts,
    authors: []
  };
}

const lines = (found: ReturnType<typeof timelineItems>) =>
  found.map(item =>
    item.kind === 'revision'
      ? `r${item.number} ${item.place}/${item.of}`
      : item.kind === 'session'
        ? `(${item.count})`
        : item.label
  );

test('revisions stand under their session, and sessions under their day', () => {
  const found = timelineItems(
    timeline(
      [at(23, 11), at(23, 10, 50), at(23, 1), at(22, 23), at(3, 9)],
      [0, 2, 3, 4]
    ),
    NONE,
    NOW
  );
  const last = new Date(at(3, 9)).toLocaleDateString(undefined, {
    weekday: 'long',
    day: 'numeric',
    month: 'long'
  });
  assert.deepEqual(lines(found), [
    'Today',
    '(2)',
    'r5 1/2',
    'r4 2/2',
    '(1)',
    'r3 1/1',
    'Yesterday',
    '(1)',
    'r2 1/1',
    last,
    '(1)',
    'r1 1/1'
  ]);
});

test('a session that goes on after midnight stands under both days', () => {
  const found = timelineItems(timeline([at(23, 0, 5), at(22, 23, 55)]), NONE, NOW);
  assert.deepEqual(lines(found), [
    'Today',
    '(1)',
    'r2 1/1',
    'Yesterday',
    '(1)',
    'r1 1/1'
  ]);
});

test('a folded session shows no revisions, and stays folded as it grows', () => {
  const before = timelineItems(timeline([at(23, 11), at(23, 10, 50)]), NONE, NOW);
  const session = before.find(item => item.kind === 'session')!;
  const folded = new Set([session.key]);
  const grown = timeline([at(23, 11, 10), at(23, 11), at(23, 10, 50)]);
  assert.deepEqual(lines(timelineItems(grown, folded, NOW)), ['Today', '(3)']);
});

test('no line of a history has the key of another', () => {
  const times = Array.from({ length: 500 }, (_, index) => NOW - index * 7_200_000);
  const starts = times.map((_, index) => index);
  const keys = timelineItems(timeline(times, starts), NONE, NOW).map(item => item.key);
  assert.equal(new Set(keys).size, keys.length);
});

test('ten thousand revisions are laid out in a moment', () => {
  const times = Array.from({ length: 10_000 }, (_, index) => NOW - index * 60_000);
  const began = performance.now();
  timelineItems(timeline(times), NONE, NOW);
  assert.ok(performance.now() - began < 100);
});

test('the lines in sight are drawn and the others stand as room', () => {
  const heights = Array.from({ length: 2000 }, (_, index) => 20 + (index % 3) * 15);
  const offsets = offsetsOf(heights, heights.length);
  const total = heights.reduce((sum, height) => sum + height, 0);
  for (const top of [0, 5000, 33_333, total - 500, total + 900]) {
    const found = stackWindow(offsets, { top, height: 700 });
    const drawn = heights.slice(found.first, found.last).reduce((sum, h) => sum + h, 0);
    assert.equal(found.before + drawn + found.after, total);
    assert.ok(found.before <= Math.min(top, total));
    assert.ok(found.before + drawn >= Math.min(top + 700, total));
    assert.ok(found.last - found.first < 100);
  }
});

test('a few lines are all drawn', () => {
  const offsets = offsetsOf(new Array<number>(100).fill(50), 100);
  assert.deepEqual(stackWindow(offsets, { top: 3000, height: 500 }), {
    first: 0,
    last: 100,
    before: 0,
    after: 0
  });
});

test('the line at a place is the one that covers it', () => {
  const offsets = offsetsOf([10, 20, 30], 3);
  assert.deepEqual(
    [-5, 0, 9, 10, 29, 30, 59, 60, 900].map(place => lineAt(offsets, place)),
    [0, 0, 0, 1, 1, 2, 2, 2, 2]
  );
});
