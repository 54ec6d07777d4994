// Between the browser and the portal: paths, logins, connections that die without a word, many windows.

import assert from 'node:assert/strict';
import { after, test } from 'node:test';

import { proxyTo } from './proxy.mjs';
import { closeBrowser, eventually, openPage, profiles, quick, vacancyUp } from './support.mjs';

after(closeBrowser);

const foreign = { described: false };
const times = page => page.locator('#rows time').evaluateAll(all => all.map(time => time.dateTime).join());
const live = page => page.locator('#live').textContent();

async function moves(page, what) {
  const before = await times(page);
  const began = Date.now();
  await eventually(what, async () => await times(page) !== before);
  return Date.now() - began;
}

test('everything works under a path', async t => {
  const { url } = await vacancyUp(t, { profiles: profiles(120), probes: [quick] });
  const proxy = await proxyTo(t, url, '/tools/vacancy');
  const page = await openPage(t, proxy.url, foreign);
  const outside = [];
  page.on('response', response => { if (response.status() === 404) outside.push(response.url()); });
  await eventually('live', async () => await live(page) === 'Live');
  await moves(page, 'rows change');
  assert.equal(await page.locator('footer code').textContent(), `curl ${proxy.url}`);
  await page.getByRole('link', { name: 'Next' }).click();
  await eventually('the next page', async () => await page.locator('#rows tr').count() === 20);
  assert.ok(page.url().startsWith(`${proxy.url}?`));
  await page.getByRole('searchbox').fill('type-0001');
  await eventually('the search', async () => await page.locator('#rows tr').count() === 1);
  await page.getByRole('link', { name: 'type-0001' }).click();
  await eventually('its page is live', async () => await live(page) === 'Live');
  const commands = await page.locator('pre').allTextContents();
  assert.ok(commands[0].includes(`--url ${proxy.url.slice(0, -1)} 'Provider 1/type-0001'`), commands[0]);
  assert.ok(commands[2].includes(`(${proxy.url}badge/Provider%201/type-0001.svg)`), commands[2]);
  await eventually('its badge', () => page.locator('main img').evaluate(image => image.naturalWidth > 50));
  await page.getByRole('link', { name: 'All hardware profiles' }).click();
  await page.waitForURL(proxy.url);
  await page.goto(`${proxy.url}profile/none/none`);
  assert.equal(await page.locator('h1').evaluate(h1 => getComputedStyle(h1).fontSize !== '32px'), true, 'a problem has its style');
  await page.getByRole('link', { name: 'All hardware profiles' }).click();
  await page.waitForURL(proxy.url);
  assert.deepEqual(outside, [`${proxy.url}profile/none/none`]);
  assert.ok(page.problems.every(text => text.includes('404')), page.problems.join());
  page.problems = [];
});

test('a connection that dies without a word, and a machine that slept, are noticed within ten seconds', async t => {
  const { url } = await vacancyUp(t, { profiles: profiles(3), probes: [quick] });
  const proxy = await proxyTo(t, url);
  const page = await openPage(t, proxy.url, foreign);
  await eventually('live', async () => await live(page) === 'Live');
  await moves(page, 'rows change');
  proxy.stall();
  await new Promise(resolve => setTimeout(resolve, 500));  // what was under way
  const silent = await moves(page, 'rows change again');
  assert.ok(silent < 12_000, `${silent} ms`);  // with some patience for a busy machine
  const before = proxy.streams;
  const began = Date.now();
  await page.evaluate(() => {
    const { now } = Date;
    Date.now = () => now() + 3_600_000;
  });
  await eventually('another stream', () => proxy.streams > before);
  assert.ok(Date.now() - began < 10_000);
  t.diagnostic(`${silent} ms after silence, ${Date.now() - began} ms after sleep`);
});

test('a login where the stream was is said, with the way there', async t => {
  const { url } = await vacancyUp(t, { profiles: profiles(3), probes: [quick] });
  const proxy = await proxyTo(t, url);
  const page = await openPage(t, proxy.url, foreign);
  await eventually('live', async () => await live(page) === 'Live');
  proxy.login = true;
  proxy.cut();
  await eventually('signed out', async () => await live(page) === 'Signed out');
  const link = page.getByRole('link', { name: 'Sign in again' });
  assert.equal(await link.getAttribute('href'), proxy.url);
  assert.equal(await page.locator('#rows tr').count(), 3, 'the rows stay');
  proxy.login = false;
  await eventually('live again', async () => await live(page) === 'Live' && await link.count() === 0);
});

test('where no stream opens, the page asks by itself and says so', async t => {
  const { url } = await vacancyUp(t, { profiles: profiles(3), probes: [quick] });
  const proxy = await proxyTo(t, url);
  proxy.buffers = true;
  const page = await openPage(t, proxy.url, foreign);
  await eventually('it says so', async () => /asking every 5 s/.test(await live(page)));
  await moves(page, 'rows change');
  await moves(page, 'and again');
  assert.equal(await page.locator('#connection p').count(), 0);
  proxy.buffers = false;
  await eventually('live', async () => await live(page) === 'Live');
});

test('eight windows with views of their own load, and share one stream', async t => {
  const vacancy = await vacancyUp(t, { profiles: profiles(80), probes: [quick] });
  const first = await openPage(t, `${vacancy.url}?q=type-000`);
  const pages = [first];
  while (pages.length < 8) pages.push(await openPage(t, `${vacancy.url}?q=type-00${pages.length}`, { context: first.context() }));
  await Promise.all(pages.map(page => moves(page, 'every window is live')));
  await eventually('one stream', async () => await vacancy.metric('vacancy_event_streams{server="portal"}') === 1);
});
