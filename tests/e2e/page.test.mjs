// How much the page shows, and that it holds still for who reads it.

import assert from 'node:assert/strict';
import { after, test } from 'node:test';

import { closeBrowser, eventually, openPage, profiles, quick, vacancyUp } from './support.mjs';

after(closeBrowser);

const answer = json => ({ kind: 'exec', ttl: '1h', timeout: '9s', command: ['echo', JSON.stringify(json)] });
const NUMBERS = { ...answer({ free: 1212, total: 64000, largest: 64, price: 2.5, reason: 'a long story '.repeat(9) }), name: 'numbers', match: { name: 'type-0000' }, unit: 'GPUs' };
const calm = { ...quick, ttl: '1h' };

const seen = page => page.locator('#rows tr[data-id]').evaluateAll(rows => rows.filter(row => {
  const { top, bottom, height } = row.getBoundingClientRect();
  return height > 0 && top >= 0 && bottom <= innerHeight;
}).length);
const names = page => page.locator('#rows tr[data-id] .name').allTextContents();

test('a laptop shows 28 of 300 rows, a phone 4, in one line each, with their numbers', async t => {
  const { url } = await vacancyUp(t, { profiles: profiles(300), probes: [NUMBERS, calm] });
  const page = await openPage(t, url, { viewport: { width: 1440, height: 900 } });
  const row = page.locator('#rows tr', { hasText: 'type-0000' });
  await eventually('its numbers', async () => /1,212 of 64,000 GPUs/.test(await row.locator('.capacity').innerText()));
  await eventually('all are measured', async () => await page.locator('[data-count=PENDING]').textContent() === '0');
  assert.ok(await seen(page) >= 28, `${await seen(page)} rows`);
  assert.equal(await row.locator('.largest').innerText(), '64');
  assert.equal(await row.locator('.price').innerText(), '2.5');
  assert.equal(await page.locator('thead .score').count(), 0, 'no row has a score');
  const height = () => row.evaluate(tr => tr.offsetHeight);
  const before = await height();
  assert.ok(!/MEDIUM: /.test(await row.locator('.note').textContent()), 'the rule is on its own page');
  await row.locator('.note').click();
  assert.ok(await height() > before, 'the whole note on demand');
  assert.match(await page.locator('#rows tr', { hasText: 'type-0003' }).locator('.note').innerText(), /^simulated/);
  await page.setViewportSize({ width: 360, height: 740 });
  assert.ok(await seen(page) >= 4, `${await seen(page)} rows on a phone`);
  assert.ok(!await page.getByLabel('Sort by').isVisible(), 'filters are folded');
  await page.getByLabel('Filters').check();
  assert.ok(await page.getByLabel('Sort by').isVisible());
});

test('a card has its provider below its name, however short the two are, and says what the strip is', async t => {
  const { url } = await vacancyUp(t, { profiles: ['ec/ab'], probes: [calm] });
  const page = await openPage(t, url, { viewport: { width: 360, height: 740 } });
  const box = name => page.locator(`#rows ${name}`).evaluate(cell => cell.getBoundingClientRect().toJSON());
  await page.locator('#rows .strip').waitFor();
  for (const width of [360, 640]) {
    await page.setViewportSize({ width, height: 740 });
    assert.ok((await box('.provider')).top >= (await box('.name')).bottom, `${width} px`);
    assert.ok((await box('.level')).top < (await box('.name')).bottom, `${width} px`);
  }
  assert.equal(await page.locator('#rows .recent').evaluate(cell => getComputedStyle(cell, '::before').content), '"24 h"');
});

test('columns are chosen, numbers bounded, groups folded, and the title, the counts and the URL keep it', async t => {
  const { url } = await vacancyUp(t, { profiles: profiles(30), probes: [NUMBERS, calm] });
  const page = await openPage(t, `${url}?q=type`, { viewport: { width: 1440, height: 900 } });
  await eventually('the numbers', async () => await page.locator('thead .price').count() === 1 || !await page.reload());
  await page.getByText('More').click();
  await page.getByLabel('price', { exact: true }).uncheck();
  await eventually('no prices', async () => await page.locator('thead .price').count() === 0);
  assert.match(page.url(), /columns=provider,capacity,recent,largest,measured,note/);
  await page.getByLabel('free ≥').fill('1000');
  await eventually('the one that has them', async () => (await names(page)).join() === 'type-0000');
  assert.equal(await page.title(), 'Vacancy: “type”, free ≥ 1,000');
  assert.equal(await page.locator('#summary [data-count=total]').textContent(), '1');
  await page.locator('#summary .low a').click();
  await eventually('a level within', () => /min_free=1000/.test(page.url()) && /level=LOW/.test(page.url()));
  assert.ok(page.url().includes('columns='), page.url());
  await page.goto(`${url}?group=provider`);
  const group = page.locator('tr.group').first();
  assert.match(await group.innerText(), /Provider 0\s+10: \d+ /);
  const shown = () => page.locator('#rows tr[data-id]:visible').count();
  await group.getByRole('button').click();
  assert.equal(await shown(), 20);
  assert.equal(await group.getByRole('button').getAttribute('aria-expanded'), 'false');
  await group.getByRole('button').click();
  assert.equal(await shown(), 30);
});

const CLICKS = 100;

test('no click is lost and nothing moves while fifty rows change every second', async t => {
  const { url } = await vacancyUp(t, { profiles: profiles(150), probes: [{ ...quick, ttl: '3s', timeout: '3s' }] });
  const page = await openPage(t, `${url}?sort=-level`, { viewport: { width: 1440, height: 900 } });
  await eventually('all are measured', async () => await page.locator('[data-count=PENDING]').textContent() === '0');
  await page.evaluate(() => {
    globalThis.shift = [];
    new PerformanceObserver(list => list.getEntries().forEach(entry => globalThis.shift.push(...entry.sources.map(({ node }) => node?.outerHTML ?? node?.parentNode?.outerHTML ?? String(node))))).observe({ type: 'layout-shift' });
    globalThis.clicked = [];
    document.addEventListener('click', event => {
      event.preventDefault();
      globalThis.clicked.push(event.target.closest('.name a')?.textContent);
    });
  });
  await page.mouse.move(600, 500);  // from then on somebody is at the rows
  await new Promise(resolve => setTimeout(resolve, 1_500));  // what was under way
  const links = await page.locator('#rows .name a').evaluateAll(all => all.slice(0, 25).map(a => {
    const { x, y } = a.getBoundingClientRect();
    return { x: x + 9, y: y + 9, name: a.textContent };
  }));
  const aimed = [];
  for (let i = 0; i < CLICKS; ++i) {
    const { x, y, name } = links[(i * 7) % links.length];
    aimed.push(name);
    await page.mouse.click(x, y, { delay: 40 });
  }
  assert.deepEqual(await page.evaluate(() => globalThis.clicked), aimed);
  assert.deepEqual(await page.evaluate(() => globalThis.shift), []);
  await eventually('others would stand there', () => page.locator('#reorder').isVisible());
});

test('numbers and times are as the reader\'s language and zone have them, and commands are copied', async t => {
  const { url } = await vacancyUp(t, { profiles: profiles(3), probes: [NUMBERS, calm] });
  const page = await openPage(t, url, { locale: 'de-DE', timezoneId: 'Asia/Tokyo', permissions: ['clipboard-read', 'clipboard-write'] });
  await eventually('the number', async () => /1\.212 of 64\.000 GPUs/.test(await page.locator('#rows .capacity').first().innerText()));
  await page.reload();
  assert.match(await page.locator('#rows .capacity').first().innerText(), /1\.212 of 64\.000 GPUs/);
  const time = page.locator('#rows time').first();
  const hour = new Date(Date.parse(await time.getAttribute('datetime')) + 9 * 3_600_000).toISOString().slice(11, 16);
  assert.ok((await time.getAttribute('title')).includes(hour), await time.getAttribute('title'));
  await page.getByRole('link', { name: 'type-0000' }).click();
  await page.getByRole('button', { name: 'Copy' }).first().click();
  await eventually('it is copied', async () => await page.evaluate(() => navigator.clipboard.readText()) === await page.locator('pre').first().textContent());
});

test('a wall shows the worst first, turns its pages, and has a clock', async t => {
  const { url } = await vacancyUp(t, { profiles: profiles(300), probes: [calm] });
  const page = await openPage(t, `${url}?wall=1`, { viewport: { width: 1920, height: 1080 } });
  await eventually('all are measured', async () => await page.locator('[data-count=PENDING]').textContent() === '0');
  await eventually('in their order', async () => {
    const levels = await page.locator('#rows .level b').allTextContents();
    const worst = ['UNKNOWN', 'LOW', 'MEDIUM', 'HIGH'];
    return levels.length === 300 && levels.every((level, i) => i === 0 || worst.indexOf(levels[i - 1]) <= worst.indexOf(level));
  });
  const part = async () => (await page.locator('#clock').textContent()).match(/^\d+:\d+.* · (\d+) of (\d+)$/)?.[1];
  const first = await eventually('pages', part);
  const tiles = page.locator('#rows tr[data-id]:visible');
  assert.ok(await tiles.count() > 0 && await tiles.count() < 300);
  assert.ok(await tiles.evaluateAll(all => all.every(tile => tile.getBoundingClientRect().bottom <= innerHeight)), 'all of a page are seen');
  await eventually('the next page', async () => ![first, undefined].includes(await part()));
  assert.equal(await page.locator('#summary .low a').getAttribute('href'), './?level=LOW&freshness=FRESH&wall=1');
});
