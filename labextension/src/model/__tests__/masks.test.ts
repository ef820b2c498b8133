import assert from 'node:assert/strict';
import { test } from 'node:test';

import { isMasked, TEXT_MASK, unmaskedJson, unmaskedText } from '../masks';
import { planRestore, type PlanCell } from '../restorePlan';

const KEY = `key = "${TEXT_MASK}"`;

function code(id: string, source: string): PlanCell {
  return { id, cell_type: 'code', source, metadata: {}, outputs: [] };
}

test('a text that differs from the present one in masked places only stays as it is now', () => {
  const present = 'key = "s3cr$t(1)"\nfit()';
  assert.equal(unmaskedText(`${KEY}\nfit()`, present), present);
});

test('a masked line is filled from the one line that it was made from', () => {
  assert.equal(
    unmaskedText(`${KEY}\nfit(1)`, 'x = 0\nkey = "s3cret"\nfit(2)'),
    'key = "s3cret"\nfit(1)'
  );
});

test('where several lines fit, or none, the mask stays', () => {
  assert.equal(unmaskedText(KEY, 'key = "a"\nother = 1\nkey = "b"'), KEY);
  assert.equal(unmaskedText(KEY, 'token = "a"'), KEY);
});

test('text without a mask is restored as it was', () => {
  assert.equal(unmaskedText('key = "old"', 'key = "new"'), 'key = "old"');
});

test('metadata is filled member by member', () => {
  const restored = { a: [TEXT_MASK, 1], b: { c: `x${TEXT_MASK}` }, d: TEXT_MASK };
  assert.deepEqual(unmaskedJson(restored, { a: ['p', 2], b: { c: 'xq' } }), {
    a: ['p', 1],
    b: { c: 'xq' },
    d: TEXT_MASK
  });
});

test('a restore writes no mask over a secret, and says where one came back', () => {
  const present = {
    cells: [code('a', 'key = "s3cret"\nfit(2)'), code('b', 'print(1)')],
    metadata: {}
  };
  const target = {
    cells: [code('a', `${KEY}\nfit(1)`), code('gone', KEY)],
    metadata: {}
  };
  const plan = planRestore(present, target, { outputs: false });
  assert.deepEqual(plan.masked, ['gone']);
  const written = JSON.stringify(plan.edits);
  assert.ok(!isMasked(written));
});
