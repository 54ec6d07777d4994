// A dashboard of 100,000 profiles works like one of ten. How fast: docs/benchmarks.md.

import assert from 'node:assert/strict';
import { after, test } from 'node:test';

import { closeBrowser, eventually, openPage, profiles, quick, vacancyUp } from './support.mjs';

after(closeBrowser);

const COUNT = 100_000;

const first = page => page.locator('#rows .name').first().textContent();

/** Requests, and bytes as they were sent, of a browser that was never here, until the page is live. */
async function firstVisit(t, url) {
  const page = await openPage(t, 'about:blank');
  const network = await page.context().newCDPSession(page);
  await network.send('Network.enable');
  const visit = { requests: 0, bytes: 0 };
  network.on('Network.requestWillBeSent', () => { visit.requests += 1; });
  network.on('Network.dataReceived', ({ encodedDataLength }) => { visit.bytes += encodedDataLength; });
  await page.goto(url);
  await page.locator('#live.on').waitFor();
  return visit;
}

test('100,000 profiles: search, order, the last page and live changes', async t => {
  const probes = [{ ...quick, name: 'live', match: { name: 'type-00*' } }, { ...quick, ttl: '1h', duration: '1ms' }];
  const { url } = await vacancyUp(t, { profiles: profiles(COUNT), probes });
  const page = await openPage(t, url);
  await eventually('all are measured', async () => await page.locator('[data-count=UNKNOWN]').textContent() === '0' && await page.locator('[data-count=total]').textContent() === COUNT.toLocaleString('en'));
  const visit = await firstVisit(t, url);
  t.diagnostic(`first visit: ${JSON.stringify(visit)}`);
  assert.ok(visit.requests <= 6 && visit.bytes <= 60_000, JSON.stringify(visit));
  await page.goto(url);
  const times = {};
  async function step(what, act, done) {
    const begin = performance.now();
    await act();
    await eventually(what, done);
    times[what] = Math.round(performance.now() - begin);
  }
  await step('search', () => page.getByRole('searchbox').fill('type-99999'), async () => await first(page) === 'type-99999');
  await step('no search', () => page.getByRole('searchbox').fill(''), async () => await first(page) === 'type-0000');
  await step('filter', () => page.getByLabel('high').check(), async () => {
    const levels = await page.locator('#rows .level b').allTextContents();
    return page.url().includes('level=HIGH') && levels.length === 100 && levels.every(level => level === 'HIGH');
  });
  await page.getByRole('link', { name: 'Reset' }).click();
  await step('order', () => page.getByRole('link', { name: 'Name' }).click(), async () => await page.locator('th.name[aria-sort]').isVisible());
  await step('last page', () => page.goto(`${url}?offset=${COUNT - 50}&sort=-name`), async () => await page.locator('#rows tr').count() === 50);
  const measured = () => page.locator('#rows time').evaluateAll(all => all.map(time => time.dateTime).join());  // ages tick by themselves
  const before = await measured();
  await eventually('live', async () => await measured() !== before);
  const elements = await page.evaluate(() => document.querySelectorAll('*').length);
  t.diagnostic(`ms: ${JSON.stringify(times)}; ${elements} elements`);
  assert.ok(elements < 2500);
});
