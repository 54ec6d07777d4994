// The dashboard as a person meets it.

import assert from 'node:assert/strict';
import { after, test } from 'node:test';

import { closeBrowser, eventually, level, openPage, portalAlone, profiles, quick, vacancyUp } from './support.mjs';

const LEVEL = /^(HIGH|MEDIUM|LOW)$/;
const hide = (page, hidden) => page.evaluate(value => {
  Object.defineProperty(document, 'hidden', { get: () => value, configurable: true });
  document.dispatchEvent(new Event('visibilitychange'));
}, hidden);

after(closeBrowser);

test('levels appear and change without a reload', async t => {
  const vacancy = await vacancyUp(t, { probes: [{ ...quick, duration: '900ms' }] });
  const page = await openPage(t, vacancy.url);
  assert.equal(await page.locator('#rows tr').count(), 2, 'every profile is there at once');
  await page.evaluate(() => { globalThis.sameDocument = true; });
  await eventually('c5 has a level', async () => LEVEL.test(await level(page, 'c5')));
  const before = await level(page, 'c5');
  const row = page.locator('#rows tr', { hasText: 'c5' });
  await eventually('the level changes, and says from what', async () => await level(page, 'c5') !== before && await row.locator('.was').textContent() === `was ${before}`);
  await eventually('the change is counted', async () => Number(await page.locator('[data-count=changed]').textContent()) > 0);
  assert.ok(await page.evaluate(() => globalThis.sameDocument));
});

test('a profile that is added, renamed or removed shows so', async t => {
  const vacancy = await vacancyUp(t, { probes: [quick] });
  const page = await openPage(t, vacancy.url);
  await vacancy.profile('add', 'our <b>cluster</b>', 'gpu & more');
  await eventually('the new row', async () => LEVEL.test(await level(page, 'gpu & more')));
  assert.equal(await page.locator('#rows b', { hasText: 'cluster' }).count(), 0, 'markup in names is text');
  await vacancy.profile('rename', 'our <b>cluster</b>', 'gpu & more', 'our cluster', 'gpu');
  await eventually('the new name', async () => await page.locator('#rows tr', { hasText: 'our cluster' }).count() === 1);
  const providers = page.getByLabel('Provider', { exact: true }).locator('option');
  await eventually('its provider can be chosen', async () => (await providers.allTextContents()).includes('our cluster'));
  await vacancy.profile('remove', 'our cluster', 'gpu');
  await eventually('the row is gone', async () => await page.locator('#rows tr').count() === 2);
});

test('seven tabs share one stream, and hidden tabs need none', async t => {
  const vacancy = await vacancyUp(t, { probes: [quick] });
  const streams = () => vacancy.metric('vacancy_event_streams{server="portal"}');
  const first = await openPage(t, vacancy.url);
  const tabs = [first];
  while (tabs.length < 7) tabs.push(await openPage(t, vacancy.url, { context: first.context() }));
  for (const tab of tabs) await eventually('every tab is live', async () => await tab.locator('#live').textContent() === 'Live');
  await eventually('one stream', async () => await streams() === 1);
  for (const tab of tabs) await hide(tab, true);
  await eventually('no stream', async () => await streams() === 0);
  await hide(tabs[3], false);
  await eventually('a stream again', async () => await streams() === 1);
});

test('a lost connection is said, and mends itself', async t => {
  const config = { probes: [quick] };
  const vacancy = await vacancyUp(t, config);
  const page = await openPage(t, vacancy.url);
  await page.evaluate(() => { globalThis.sameDocument = true; });
  await eventually('live', async () => LEVEL.test(await level(page, 'c5')));
  await vacancy.program.stop();
  await eventually('the banner', async () => await page.locator('#connection p').count() === 1);
  await vacancyUp(t, config, { port: vacancy.portal, data: vacancy.data });
  await eventually('no banner', async () => await page.locator('#connection p').count() === 0);
  const before = await page.locator('#version').textContent();
  await eventually('live again', async () => await page.locator('#version').textContent() !== before);
  assert.ok(await page.evaluate(() => globalThis.sameDocument), 'without a reload');
});

test('the page of a profile is fetched anew for that one only', async t => {
  const still = { ...quick, name: 'still', match: { name: 'still' }, ttl: '24h' };
  const vacancy = await vacancyUp(t, { profiles: [{ provider: 'our', name: 'still' }, ...profiles(5)], probes: [still, quick] });
  const row = `${vacancy.url}api/v1/hardware/our/still`;
  await eventually('it is measured', async () => (await (await fetch(row)).json()).measured_at);
  const page = await openPage(t, `${vacancy.url}profile/our/still`);
  let fetched = 0;
  page.on('request', request => { fetched += request.url().includes('/profile/'); });
  const seen = new Set();
  await eventually('others change', async () => seen.add(await page.locator('#version').textContent()).size > 5);
  assert.ok(fetched <= 1, 'once, since the stream cannot know what a page showed before it');
});

test('the page of a profile says that it is gone, and shows it when it is back', async t => {
  const vacancy = await vacancyUp(t, { probes: [quick] });
  const page = await openPage(t, `${vacancy.url}profile/Amazon/c5`);
  await vacancy.profile('remove', 'Amazon', 'c5');
  await eventually('it is gone', async () => /there is no profile Amazon\/c5/.test(await page.locator('#view').textContent()));
  assert.equal(await page.title(), 'Vacancy: not found');
  let asked = 0;
  page.on('request', request => { asked += request.url().includes('/profile/'); });
  for (let i = 0; i < 40; ++i) await hide(page, i % 2 === 0);
  assert.ok(asked < 10, `it is asked for now and then, not whenever the reader looks: ${asked}`);
  await vacancy.profile('add', 'Amazon', 'c5');
  await eventually('it is back', async () => LEVEL.test(await level(page, 'c5')));
  assert.match(await page.title(), /^Amazon c5/);
  assert.ok(page.problems.every(text => text.includes('404')), page.problems.join());
  page.problems = [];
});

test('the second page of many profiles', async t => {
  const vacancy = await vacancyUp(t, { profiles: profiles(250), probes: [{ ...quick, ttl: '5s' }] });
  const page = await openPage(t, vacancy.url);
  assert.equal(await page.locator('#rows tr').count(), 100);
  await page.locator('a[rel=next]').first().click();
  await page.waitForURL(/offset=100/);
  await eventually('its first row', async () => await page.locator('#rows .name').first().textContent() === 'type-0049');
  await eventually('live', async () => (await page.locator('#rows .level b').allTextContents()).every(text => LEVEL.test(text)));
  assert.match(page.url(), /offset=100/);
  assert.equal(await page.locator('#summary [data-count=total]').textContent(), '250');
});

test('rows that move among the others take nobody along', async t => {
  const vacancy = await vacancyUp(t, { profiles: profiles(60), probes: [{ ...quick, ttl: '2s' }] });
  const page = await openPage(t, `${vacancy.url}?sort=-measured`);
  await eventually('measured', async () => (await page.locator('#rows .level b').allTextContents()).every(text => LEVEL.test(text)));
  await page.evaluate(() => scrollTo(0, 400));
  const first = () => page.locator('#rows tr').first().getAttribute('data-id');
  const before = await first();
  await eventually('another order', async () => await first() !== before);
  assert.equal(await page.evaluate(() => scrollY), 400);
});

test('a view that cannot be shown says why beside the field, and the next one comes at once', async t => {
  const vacancy = await vacancyUp(t, { probes: [{ ...quick, ttl: '1h' }] });
  const page = await openPage(t, vacancy.url);
  const search = page.getByLabel('Provider or name');
  await search.fill('a b c d e f g h i');
  await eventually('why', async () => /q has 9 words; the most is 8/.test(await page.locator('#problem').textContent()));
  assert.equal(await page.locator('#rows tr').count(), 2, 'the list stays');
  assert.equal(await search.getAttribute('aria-describedby'), 'problem');
  await eventually('it is said', async () => /the most is 8/.test(await page.locator('#said').textContent()));
  await search.fill('c5');
  await eventually('the row', async () => await page.locator('#rows tr').count() === 1);
  assert.equal(await page.locator('#problem').textContent(), '');
  await eventually('it is said', async () => /1–1 of 1/.test(await page.locator('#said').textContent()));
  assert.ok(page.problems.every(text => text.includes('400')), page.problems.join());
  page.problems = [];
});

test('without a fresh value the page is not called live', async t => {
  const failing = { name: 'none', kind: 'exec', match: { name: '*' }, ttl: '1h', command: ['sh', '-c', 'sleep 1; exit 70'] };
  const vacancy = await vacancyUp(t, { probes: [failing] });
  const page = await openPage(t, vacancy.url);
  await eventually('it says so', async () => await page.locator('#live').textContent() === 'Connected, no fresh values');
  await eventually('nothing is being measured', async () => (await page.locator('#rows time').allTextContents()).every(text => text === 'never'));
});

test('the side that is away is named, and what is old does not count as a level', async t => {
  const probes = [{ ...quick, ttl: '1s', expire_after: '1h' }];
  const { hardware, url } = await portalAlone(t, { probes, profiles: profiles(3) });
  const page = await openPage(t, url);
  const count = kind => page.locator(`#summary [data-count=${kind}]`).textContent().then(Number);
  await eventually('levels', async () => await count('FRESH') > 0);
  hardware.signal('SIGSTOP');
  await eventually('it says so', async () => /^The portal cannot reach the hardware service since /.test(await page.locator('#connection').textContent()));
  await eventually('none counts as a level', async () => await count('HIGH') + await count('MEDIUM') + await count('LOW') === 0);
  assert.equal(await count('STALE'), await count('total'));
  await page.reload();
  assert.match(await page.locator('#connection').textContent(), /cannot reach the hardware service/);
  hardware.signal('SIGCONT');
  await eventually('it is back', async () => await page.locator('#connection p').count() === 0 && await count('FRESH') > 0);
});
