import assert from 'node:assert/strict';
import { test } from 'node:test';

import {
  formatAge,
  formatBytes,
  formatChange,
  formatDuration,
  formatNumber,
  toNumber
} from '../format';

test('numbers keep five significant digits and no needless ones', () => {
  assert.equal(formatNumber(0.922222222), '0.92222');
  assert.equal(formatNumber(0.5), '0.5');
  assert.equal(formatNumber(12), '12');
  assert.equal(formatNumber(-1.5), '−1.5');
  assert.equal(formatNumber(0), '0');
});

test('very small and very large numbers get an exponent', () => {
  assert.equal(formatNumber(0.0000123456), '1.235e-5');
  assert.equal(formatNumber(3.2e12), '3.2e+12');
});

test('words of the wire become numbers, and are shown as what they are', () => {
  assert.equal(formatNumber(toNumber('NaN')), 'NaN');
  assert.equal(formatNumber(toNumber('-Infinity')), '−∞');
  assert.equal(toNumber(0.25), 0.25);
});

test('changes always bear their sign', () => {
  assert.equal(formatChange(0.012345), '+0.0123');
  assert.equal(formatChange(-2), '−2');
});

test('durations read from milliseconds to days', () => {
  const texts = [0.004, 0.25, 3.27, 59.4, 59.6, 61, 3599.7, 7260, 200_000];
  assert.deepEqual(texts.map(formatDuration), [
    '4 ms',
    '0.25 s',
    '3.3 s',
    '59 s',
    '1 min 0 s',
    '1 min 1 s',
    '1 h 0 min',
    '2 h 1 min',
    '2 d'
  ]);
});

test('ages grow coarser', () => {
  const now = Date.parse('2026-11-23T12:00:00Z');
  assert.equal(formatAge('2026-11-23T11:59:50Z', now), 'just now');
  assert.equal(formatAge('2026-11-23T11:55:00Z', now), '5 min ago');
  assert.equal(formatAge('2026-11-23T09:00:00Z', now), '3 h ago');
  assert.equal(formatAge('2026-11-21T12:00:00Z', now), '2 d ago');
});

test('sizes use the unit that keeps them short', () => {
  assert.deepEqual([0, 999, 22_900, 5_000_000].map(formatBytes), [
    '0 B',
    '999 B',
    '22.9 KB',
    '5.00 MB'
  ]);
});
