// The chart with many values: every object is of a published type and keeps what the chart promises.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { CASES } from './cases.mjs';
import { problemsOf } from './checks.mjs';
import { CHART, helm, render } from './helm.mjs';

test('helm lint has nothing to say', async () => {
  assert.match(await helm(['lint', '--strict', CHART]), /1 chart\(s\) linted, 0 chart\(s\) failed/);
});

for (const [name, one] of Object.entries(CASES))
  test(name, async () => {
    assert.deepEqual(await problemsOf(await render(one, { args: one.args }), one), []);
  });
