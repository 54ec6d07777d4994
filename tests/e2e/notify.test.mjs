// "Tell me when": notifications of the browser, and the tab's title where there are none.

import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { after, test } from 'node:test';

import { accessibilityProblems, closeBrowser, eventually, openPage, vacancyUp } from './support.mjs';

after(closeBrowser);

/** A profile whose level the test sets, and a page about it, or about its set. Its notifications are in shown(). */
async function profile(t, { permission = 'granted', host = 'localhost', about = 'profile/lab/gpu', ...options } = {}) {
  const command = ['sh', '-c', `echo "{\\"level\\": \\"$(cat level || echo LOW)\\"}"`];
  const vacancy = await vacancyUp(t, {
    profiles: ['lab/gpu'], sets: { mine: ['lab/none', 'lab/*'] },
    probes: [{ name: 'file', kind: 'exec', ttl: '1s', timeout: '1s', command }],
  });
  const set = async (level, tab = page) => {
    await writeFile(path.join(vacancy.data, 'level'), level);
    await eventually(`it is ${level}`, async () => await tab.locator('#rows .level b').textContent() === level);
  };
  const open = async (context = undefined) => {
    const tab = await openPage(t, vacancy.url.replace('localhost', host) + about, { context, ...options });
    await tab.addInitScript(recordNotifications);
    if (permission === 'granted') await tab.context().grantPermissions(['notifications']);
    await tab.reload();
    if (permission === 'denied') await tab.evaluate(() => { Object.defineProperty(Notification, 'permission', { value: 'denied' }); });
    return tab;
  };
  const page = await open();
  await eventually('it is LOW', async () => await page.locator('#rows .level b').textContent() === 'LOW');
  return { vacancy, page, set, open };
}

/** The browser's own notifications, seen. */
function recordNotifications() {
  globalThis.shown = [];
  globalThis.Notification = class extends Notification {
    constructor(title, options) {
      super(title, options);
      const seen = { title, ...options, state: 'made' };
      globalThis.shown.push(seen);
      for (const state of ['show', 'error']) this.addEventListener(state, () => { seen.state = state; });
      this.close = () => {
        seen.closed = true;
        super.close();
      };
    }
  };
}

const shown = page => page.evaluate(() => globalThis.shown);
const status = page => page.locator('#tell [role=status]').innerText();
const wish = async (page, event, minutes = '0') => {
  await page.getByLabel('Event', { exact: true }).selectOption(event);
  await page.getByLabel('How long', { exact: true }).selectOption(minutes);
};
const start = page => page.getByRole('button', { name: 'Tell me' }).click();
const hide = (page, hidden) => page.evaluate(hidden => {
  Object.defineProperty(document, 'hidden', { value: hidden, configurable: true });
  document.dispatchEvent(new Event('visibilitychange'));
}, hidden);

test('a level that is reached is told once, in a tab behind others too, and again when it was over', async t => {
  const { page, set } = await profile(t);
  await wish(page, 'HIGH');
  await start(page);
  assert.match(await status(page), /^Waiting\. Keep this page open; it may be behind others\.$/);
  await set('MEDIUM');
  assert.deepEqual(await shown(page), []);
  await hide(page, true);
  await set('HIGH');
  const [first] = await eventually('a notification', async () => (await shown(page))[0]?.state === 'show' && shown(page));
  assert.equal(first.title, 'lab gpu is HIGH');
  assert.equal(await page.title(), '● HIGH lab gpu');
  assert.match(await status(page), /^Told at \d+:\d\d.*: lab gpu is HIGH\./);
  await hide(page, false);
  assert.ok(!(await shown(page))[0].closed);
  await set('LOW');
  await eventually('its own title', async () => await page.title() === 'lab gpu: LOW');
  assert.ok((await shown(page))[0].closed, 'the next one of its tag is not silent');
  assert.match(await status(page), /^Told at .*, and over since\. Waiting for the next time\./);
  await set('HIGH');
  await eventually('another one', async () => (await shown(page)).length === 2);
  assert.notEqual((await shown(page))[1].tag, first.tag);
  await page.getByRole('button', { name: 'Stop' }).click();
  assert.equal(await status(page), '');
  await eventually('its own title', async () => await page.title() === 'lab gpu: HIGH');
});

test('a level that is left is told, after it was so for long enough only', async t => {
  const { page, set } = await profile(t);
  await wish(page, '-MEDIUM', '1');
  await start(page);
  await eventually('since when', async () => /^So since .*; told at .* if it stays so\./.test(await status(page)));
  await set('HIGH');
  await eventually('not yet', async () => (await status(page)).startsWith('Waiting.'));
  await set('LOW');
  await eventually('anew', async () => (await status(page)).startsWith('So since'));
  await set('HIGH');
  assert.deepEqual(await shown(page), [], 'it flapped');
  await wish(page, '-HIGH', '0');
  await set('MEDIUM');
  await eventually('told', async () => (await shown(page)).length === 1);
  assert.equal((await shown(page))[0].title, 'lab gpu is MEDIUM');
});

test('it goes on after a reload, and after a restart of the service', async t => {
  const { vacancy, page, set } = await profile(t);
  await wish(page, 'MEDIUM');
  await start(page);
  await page.reload();
  assert.match(await status(page), /^Waiting\./);
  assert.equal(await page.getByLabel('Event', { exact: true }).inputValue(), 'MEDIUM');
  await vacancy.program.stop();
  await eventually('the banner', () => page.locator('#connection p').count());
  await writeFile(path.join(vacancy.data, 'level'), 'HIGH');
  await vacancyUp(t, {}, { port: vacancy.portal, data: vacancy.data });
  await eventually('told', async () => (await shown(page)).length === 1);
  await page.reload();
  await eventually('it was told', async () => /^Told at/.test(await status(page)));
  assert.deepEqual(await shown(page), [], 'once');
  assert.equal(await page.title(), '● HIGH lab gpu');
  await set('LOW');
});

test('two tabs make one notification', async t => {
  const { page, set, open } = await profile(t);
  const tabs = [page, await open(page.context())];
  for (const tab of tabs) await start(tab);
  await set('HIGH');
  const tags = await Promise.all(tabs.map(tab => eventually('told', async () => (await shown(tab))[0]?.tag)));
  assert.equal(tags[0], tags[1], 'the browser shows one of a tag');
});

test('of a set it is told that one can be taken, and that none can', async t => {
  const { page, set } = await profile(t, { about: 'set/mine' });
  assert.match(await page.locator('pre', { hasText: 'vacancy wait' }).innerText(), /--set mine --print name/);
  await wish(page, 'taken');
  await start(page);
  assert.match(await status(page), /^Waiting\./);
  await set('HIGH');
  await eventually('told', async () => (await shown(page)).length === 1);
  assert.equal((await shown(page))[0].title, 'lab gpu is HIGH');
  assert.equal(await page.title(), '● HIGH lab gpu');
  await wish(page, '-taken');
  await set('LOW');
  await eventually('told', async () => (await shown(page)).length === 2);
  assert.equal((await shown(page))[1].title, 'None of mine can be taken');
  assert.equal(await page.title(), '● NONE mine');
  await wish(page, '-taken', '5');
  assert.match(await page.locator('pre', { hasText: 'vacancy wait' }).innerText(), /--set mine --for 5m --print name/);
});

test('where notifications are blocked, the title tells, and the page says how to allow them', async t => {
  const { page, set } = await profile(t, { permission: 'denied' });
  await start(page);
  assert.match(await status(page), /^Waiting\. The browser blocks notifications .* until you allow them in its settings/);
  await set('HIGH');
  await eventually('the title', async () => await page.title() === '● HIGH lab gpu');
  assert.equal(await page.locator('#tell.told').count(), 1);
  assert.deepEqual(await shown(page), []);
});

test('where there is no TLS, likewise', async t => {
  const { page, set } = await profile(t, { host: 'vacancy.test', permission: 'none' });
  assert.equal(await page.evaluate(() => isSecureContext), false);
  await start(page);
  assert.match(await status(page), /^Waiting\. Browsers notify on https:\/\/ pages only/);
  await set('MEDIUM');
  await eventually('the title', async () => await page.title() === '● MEDIUM lab gpu');
});

test('the permission is asked for, and what came meanwhile is told when it is given', async t => {
  const { page, set } = await profile(t, { permission: 'none' });
  await page.evaluate(() => {
    let permission = 'default';
    Object.defineProperty(Notification, 'permission', { get: () => permission });
    Notification.requestPermission = () => new Promise(resolve => {
      globalThis.allow = () => resolve(permission = 'granted');
    });
  });
  await start(page);
  assert.match(await status(page), /The browser asks whether this page may notify/);
  await set('HIGH');
  await eventually('the title', async () => (await page.title()).startsWith('●'));
  assert.deepEqual(await shown(page), []);
  await page.evaluate(() => globalThis.allow());
  await eventually('told', async () => (await shown(page)).length === 1);
});

test('the command line waits for the same', async t => {
  const { page, set } = await profile(t);
  const command = () => page.locator('pre', { hasText: 'vacancy wait' }).innerText();
  assert.match(await command(), / lab\/gpu --at-least MEDIUM && sbatch job\.sh$/);
  await wish(page, 'HIGH', '5');
  assert.match(await command(), / lab\/gpu --at-least HIGH --for 5m && sbatch/);
  await set('MEDIUM');
  assert.match(await command(), /--at-least HIGH --for 5m/, 'a page that is fetched anew keeps it');
});

test('by keyboard, without an accessibility problem, in every state', async t => {
  const { page, set } = await profile(t);
  const problems = [];
  const check = async state => {
    for (const colorScheme of ['light', 'dark']) {
      await page.emulateMedia({ colorScheme });
      problems.push(...(await accessibilityProblems(page)).map(problem => `${state}, ${colorScheme}: ${problem}`));
    }
  };
  await page.getByLabel('Event', { exact: true }).focus();
  await page.keyboard.press('Tab');
  await page.keyboard.press('Tab');
  await page.keyboard.press('Enter');
  await eventually('waiting', async () => (await status(page)).startsWith('Waiting'));
  await check('waiting');
  await set('HIGH');
  await eventually('told', async () => (await status(page)).startsWith('Told'));
  await check('told');
  assert.equal(await page.evaluate(() => document.activeElement.textContent), 'Stop', 'the focus stays');
  assert.deepEqual(problems, []);
});

test('without JavaScript the command line stands alone', async t => {
  const { vacancy } = await profile(t);
  const page = await openPage(t, `${vacancy.url}profile/lab/gpu`, { javaScriptEnabled: false });
  assert.ok(!await page.locator('#tell').isVisible());
  assert.match(await page.locator('pre', { hasText: 'vacancy wait' }).innerText(), /--at-least MEDIUM &&/);
});
