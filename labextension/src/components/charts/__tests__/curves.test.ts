import assert from 'node:assert/strict';
import { test } from 'node:test';

import type { SeriesInfo } from '../../../api/generated';
import { curvePoints, smooth } from '../curves';
import { sparkPath } from '../Sparkline';

const series: SeriesInfo = {
  run_id: 'a',
  key: 'loss',
  total: 3,
  steps: [2, 0, 1],
  timestamps_ms: [1000, 2000, 4000],
  values: [0.5, 1, 'NaN']
};

test('points are in order of their step, and NaN is kept as a gap', () => {
  assert.deepEqual(curvePoints(series, 'step'), [
    [0, 1],
    [1, NaN],
    [2, 0.5]
  ]);
});

test('time counts seconds from the first point', () => {
  assert.deepEqual(
    curvePoints(series, 'time').map(([x]) => x),
    [0, 1, 3]
  );
});

test('smoothing begins at the first value and steps over gaps', () => {
  const [first, gap, last] = smooth(
    [
      [0, 4],
      [1, NaN],
      [2, 2]
    ],
    0.5
  );
  assert.deepEqual(first, [0, 4]);
  assert.ok(Number.isNaN(gap?.[1]));
  assert.ok(Math.abs((last?.[1] ?? 0) - 8 / 3) < 1e-12);
});

test('a sparkline is broken where a value is missing, and empty for a single point', () => {
  assert.equal(sparkPath([1], 10, 10), '');
  assert.match(
    sparkPath([1, 2, NaN, 3, 4], 40, 20),
    /^M[\d.]+ [\d.]+L[\d. ]+M[\d. ]+L[\d. ]+$/
  );
});
