import assert from 'node:assert/strict';
import { test } from 'node:test';

import { bestRun } from '../runsBest';
import { continueCard, correctCard } from '../runsCardFacts';
import {
  column,
  defaultColumns,
  filterClause,
  NAME,
  NEWEST_FIRST,
  nextOrder,
  orderClause
} from '../runsColumns';
import { runColor, runLooks, runDuration, runState } from '../runsLook';
import { keepOnly, NOTHING_SELECTED, select } from '../runsSelection';
import { sortRuns } from '../runsSort';
import { toggleTrack } from '../trackLine';
import { card, cardMetric, metric, run } from './build';

test('plain words search names, anything with an operator is the grammar', () => {
  assert.equal(filterClause('  '), '');
  assert.equal(filterClause('forest'), "attributes.run_name ILIKE '%forest%'");
  assert.equal(filterClause("it's"), "attributes.run_name ILIKE '%it''s%'");
  assert.equal(filterClause('metrics.acc > 0.9'), 'metrics.acc > 0.9');
  assert.equal(filterClause("tags.kind LIKE '%a%'"), "tags.kind LIKE '%a%'");
  assert.equal(
    filterClause('run in progress'),
    "attributes.run_name ILIKE '%run in progress%'"
  );
});

test('order clauses quote keys that the grammar could not read', () => {
  const by = (columnId: string) => orderClause({ columnId, descending: true });
  assert.equal(by('metrics.val.acc'), 'metrics.val.acc DESC');
  assert.equal(by('metrics.top 1'), 'metrics.`top 1` DESC');
  assert.equal(
    orderClause({ columnId: NAME.id, descending: false }),
    'attributes.run_name ASC'
  );
});

test('a header sorts metrics from the greatest, texts from A, and turns when clicked again', () => {
  const acc = column('metric', 'acc');
  const first = nextOrder(acc, NEWEST_FIRST);
  assert.deepEqual(first, { columnId: 'metrics.acc', descending: true });
  assert.equal(nextOrder(acc, first).descending, false);
  assert.equal(nextOrder(column('param', 'model'), first).descending, false);
});

test('columns chosen for the user are frequent metrics and params that differ', () => {
  const runs = ['1', '2', '3'].map(depth =>
    run(depth, {
      params: [
        { key: 'same', value: 'x', origin: null },
        { key: 'depth', value: depth, origin: null }
      ],
      metrics: [metric('system/cpu_utilization_percentage', 7), metric('acc', 0.5)]
    })
  );
  assert.deepEqual(
    defaultColumns(runs).map(item => item.id),
    ['metrics.acc', 'params.depth']
  );
  assert.deepEqual(
    defaultColumns(runs.slice(0, 1)).map(item => item.id),
    ['metrics.acc', 'params.same', 'params.depth']
  );
  const without = run('4', { params: [], metrics: [] });
  assert.deepEqual(
    defaultColumns([runs[0]!, without]).map(item => item.id),
    ['metrics.acc', 'params.same', 'params.depth']
  );
});

test('the best run needs a direction and values that differ', () => {
  const runs = (direction: 'max' | 'min' | null, values: (number | 'NaN')[]) =>
    values.map((value, index) =>
      run(`${index}`, { metrics: [metric('m', value, direction)] })
    );
  assert.deepEqual(bestRun(runs('max', [0.1, 0.3, 'NaN']), 'm'), {
    runId: '1',
    value: 0.3
  });
  assert.equal(bestRun(runs('min', [0.1, 0.3]), 'm')?.runId, '0');
  assert.equal(bestRun(runs(null, [0.1, 0.3]), 'm'), null);
  assert.equal(bestRun(runs('max', [0.3, 0.3]), 'm'), null);
});

test('runs without a value come last in either direction', () => {
  const runs = [
    run('none'),
    run('low', { metrics: [metric('m', 1)] }),
    run('nan', { metrics: [metric('m', 'NaN')] }),
    run('high', { metrics: [metric('m', 2)] })
  ];
  const order = (descending: boolean) =>
    sortRuns(runs, { columnId: 'metrics.m', descending }).map(item => item.run_id);
  assert.deepEqual(order(true), ['high', 'low', 'none', 'nan']);
  assert.deepEqual(order(false), ['low', 'high', 'none', 'nan']);
});

test('ranges reach from the anchor, toggles move it', () => {
  const ids = ['a', 'b', 'c', 'd'];
  const one = select(ids, NOTHING_SELECTED, 'b', 'only');
  const range = select(ids, one, 'd', 'range');
  assert.deepEqual([...range.selected], ['b', 'c', 'd']);
  assert.deepEqual([...select(ids, range, 'a', 'range').selected], ['a', 'b']);
  assert.deepEqual([...select(ids, range, 'c', 'toggle').selected], ['b', 'd']);
});

test('rows that are gone are no longer selected', () => {
  const both = { selected: new Set(['a', 'b']), anchor: 'a' };
  assert.deepEqual([...keepOnly(['b'], both).selected], ['b']);
  assert.equal(keepOnly(['a', 'b', 'c'], both), both);
});

test('a run whose process died reads as interrupted', () => {
  assert.equal(
    runState({ status: 'KILLED', end_reason: 'process_died' }),
    'interrupted'
  );
  assert.equal(runState({ status: 'KILLED', end_reason: 'interrupt' }), 'killed');
});

test('a running run has lasted since it started, an ended one as long as it took', () => {
  const now = Date.parse('2026-11-23T08:00:10Z');
  const running = run('a', { status: 'RUNNING', end_reason: null, duration_s: null });
  assert.equal(runDuration(running, now), 10);
  assert.equal(runDuration(run('b'), now), 2);
});

test('a run keeps its colour, and compared runs differ by colour, then by line', () => {
  assert.equal(runLooks(['abc']).get('abc')?.color, runColor('abc'));
  const ids = Array.from({ length: 30 }, (_, index) => `run-${index}`);
  const looks = [...runLooks(ids).values()];
  assert.equal(new Set(looks.slice(0, 10).map(({ color }) => color)).size, 10);
  assert.equal(new Set(looks.map(({ color, dash }) => `${color} ${dash}`)).size, 30);
});

test('the track line is put in and taken away with its options', () => {
  const apply = (source: string) => {
    const { start, end, text } = toggleTrack(source);
    return source.slice(0, start) + text + source.slice(end);
  };
  assert.equal(apply('x = 1'), '%%track\nx = 1');
  assert.equal(apply('%%track -n a\nx = 1'), 'x = 1');
  assert.equal(apply('%%track'), '');
  assert.equal(apply('%%tracked\n'), '%%track\n%%tracked\n');
});

test('a card that says running gives way to a store that says otherwise', () => {
  const stored = run('a', {
    run_name: 'renamed',
    status: 'KILLED',
    end_reason: 'process_died',
    duration_s: 7,
    metrics: [
      { ...metric('loss', 0.2), count: 5 },
      { ...metric('acc', 0.9), count: 1 }
    ]
  });
  const before = card({
    metrics: [cardMetric('loss', 0.5, 3), cardMetric('acc', 0.9, 1)]
  });
  const after = correctCard(before, stored);
  assert.equal(runState(after), 'interrupted');
  assert.equal(after.run_name, 'renamed');
  assert.equal(after.duration_s, 7);
  assert.equal(after.progress, null);
  const [loss, acc] = after.metrics;
  assert.equal(loss?.last, 0.2);
  assert.equal(loss?.change_previous, null, 'reckoned from an older value');
  assert.equal(acc?.change_previous, -0.1, 'still true');
});

test('a card is left alone while the store agrees with it', () => {
  const running = card();
  const stored = run('a', { status: 'RUNNING', end_reason: null, duration_s: null });
  assert.equal(correctCard(running, stored), running);
});

test('a running card that the kernel no longer reaches is carried on from the store', () => {
  const stored = run('a', {
    status: 'RUNNING',
    end_reason: null,
    duration_s: null,
    metrics: [{ ...metric('loss', 0.2), count: 5, last_step: 4 }]
  });
  const now = Date.parse('2026-11-23T08:00:30Z');
  const after = continueCard(
    card({ metrics: [cardMetric('loss', 0.5, 3)] }),
    stored,
    now
  );
  assert.equal(after.duration_s, 30);
  assert.equal(after.progress, null, 'how far the loop is, only the kernel knows');
  assert.deepEqual(after.metrics[0]?.values, [0.2]);
  assert.equal(after.metrics[0]?.count, 5);
  const early = continueCard(
    card({ metrics: [cardMetric('loss', 0.5, 9)] }),
    stored,
    now
  );
  assert.equal(early.metrics[0]?.last, 0.5, 'the store may lag behind');
  assert.notEqual(early.progress, null);
});
