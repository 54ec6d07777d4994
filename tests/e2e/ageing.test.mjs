// Rows grow old by themselves when the source is silent.

import assert from 'node:assert/strict';
import { after, test } from 'node:test';

import { accessibilityProblems, closeBrowser, eventually, level, openPage, portalAlone, quick } from './support.mjs';

after(closeBrowser);

test('rows of a service that hangs turn stale, then unknown, then fresh again', async t => {
  const { hardware, url } = await portalAlone(t, {
    profiles: [{ provider: 'Amazon', name: 'c5' }],
    probes: [{ ...quick, timeout: '500ms', expire_after: '4s' }],
  });
  const page = await openPage(t, url);
  const row = page.locator('#rows tr');
  await eventually('a level', async () => /^(HIGH|MEDIUM|LOW)$/.test(await level(page, 'c5')));
  hardware.signal('SIGSTOP');
  await eventually('stale', async () => await row.locator('.flag').innerText() === 'stale');
  await eventually('expired', async () => await level(page, 'c5') === 'UNKNOWN');
  assert.match(await row.innerText(), /was (HIGH|MEDIUM|LOW)/);
  assert.deepEqual(await accessibilityProblems(page), []);
  hardware.signal('SIGCONT');
  await eventually('fresh again', async () => /^(HIGH|MEDIUM|LOW)$/.test(await level(page, 'c5')));
});
