// Rows grow old by themselves when the source is silent.

import assert from 'node:assert/strict';
import { after, test } from 'node:test';

import { accessibilityProblems, closeBrowser, directory, eventually, level, openPage, Program, quick } from './support.mjs';

after(closeBrowser);

test('rows of a service that hangs turn stale, then unknown, then fresh again', async t => {
  const data = await directory(t, {
    profiles: [{ provider: 'Amazon', name: 'c5' }],
    probes: [{ ...quick, timeout: '500ms', expire_after: '4s' }],
  });
  const common = ['--config', 'config.yaml', '--port', '0', '--admin-port', '0', '--log-level', 'error'];
  const hardware = await Program.start('hardware', [...common, '--database', 'sqlite:vacancy.db'], { data });
  t.after(() => hardware.stop());
  const portal = await Program.start('portal', [...common, '--hardware-url', `http://localhost:${hardware.ports[0]}`], { data });
  t.after(() => portal.stop());
  const page = await openPage(t, `http://localhost:${portal.ports[0]}/`);
  const row = page.locator('#rows tr');
  await eventually('a level', async () => /^(HIGH|MEDIUM|LOW)$/.test(await level(page, 'c5')));
  hardware.signal('SIGSTOP');
  await eventually('stale', async () => await row.locator('.flag').innerText() === 'stale');
  assert.deepEqual(await accessibilityProblems(page), []);
  await eventually('expired', async () => await level(page, 'c5') === 'UNKNOWN');
  assert.match(await row.innerText(), /was (HIGH|MEDIUM|LOW)/);
  assert.deepEqual(await accessibilityProblems(page), []);
  hardware.signal('SIGCONT');
  await eventually('fresh again', async () => /^(HIGH|MEDIUM|LOW)$/.test(await level(page, 'c5')));
});
