// The past: a strip in every row, the pages of a profile's history and of a past time. Profiles have a past of sixty days,
// with gaps (past.py).

import assert from 'node:assert/strict';
import { after, test } from 'node:test';

import { closeBrowser, eventually, openPage, profiles, quick, vacancyUp, vacancyWithPast } from './support.mjs';

after(closeBrowser);

const calm = { ...quick, ttl: '1h' };
const strips = page => page.locator('#rows .recent').evaluateAll(cells => cells.map(cell => cell.innerHTML));
const hoursAgo = hours => new Date(Date.now() - hours * 3_600_000).toISOString().slice(0, 16);

test('a row has a strip of the last day, drawn alike by server and browser, and no row gets higher', async t => {
  const { url } = await vacancyWithPast(t, { profiles: profiles(40), probes: [calm] });
  const plain = await openPage(t, url, { javaScriptEnabled: false, viewport: { width: 1440, height: 900 } });
  const drawn = await strips(plain);
  assert.equal(drawn.length, 40);
  assert.ok(drawn.filter(html => html.includes('<path')).length > 30, drawn.join('\n'));
  assert.match(await plain.locator('.recent title').first().textContent(), /^24 h: (high|medium|low|not observed) [\d.]+ h/);
  const heights = () => plain.locator('#rows tr').evaluateAll(rows => Math.max(...rows.map(row => row.offsetHeight)));
  const before = await heights();
  const page = await openPage(t, 'about:blank');
  await page.route(url, async route => {
    const response = await route.fetch();
    await route.fulfill({ response, body: (await response.text()).replaceAll(/<svg class="strip".*?<\/svg>/g, '') });
  });
  await page.goto(url);
  await eventually('the browser draws them', async () => (await strips(page)).some(html => html));
  assert.deepEqual(await strips(page), drawn);

  await plain.goto(`${url}?columns=provider,capacity,measured,note`);
  assert.equal(await plain.locator('.recent').count(), 0);
  assert.equal(await heights(), before);
  await plain.goto(`${url}?wall=1`);
  assert.equal(await plain.locator('.recent').count(), 0);
  await page.setViewportSize({ width: 390, height: 844 });
  const { width, height } = await page.locator('.strip').first().boundingBox();
  assert.ok(width > 300 && height < 10, `${width} × ${height}: a thin line in the card`);
});

test('a strip comes with the first reading, and follows the level', async t => {
  const { url } = await vacancyUp(t, { profiles: ['a/b'], probes: [quick] });
  const page = await openPage(t, url);
  await eventually('a strip', async () => /class="(high|medium|low)" d="M47 /.test((await strips(page))[0]));
  const levels = new Set();
  await eventually('its lowest level', async () => {
    levels.add(await page.locator('#rows .level b').textContent());
    const [html] = await strips(page);
    return levels.size > 1 && html.includes(levels.has('LOW') ? 'low' : 'medium');
  });
});

test('the history of a profile without JavaScript: pictures that have names, figures, tables and other ranges', async t => {
  const { url } = await vacancyWithPast(t, { profiles: ['lab/gpu'], probes: [{ ...calm }] });
  const page = await openPage(t, `${url}profile/lab/gpu`, { javaScriptEnabled: false });
  assert.equal(await page.locator('.chart').count(), 0, 'the page does not wait for the past');
  await page.getByRole('link', { name: /last 30 days/ }).click();
  assert.match(await page.getByRole('img', { name: /^Availability from/ }).getAttribute('aria-label'), /HIGH \d+ %, MEDIUM \d+ %, LOW \d+ %.* UTC|UTC: HIGH/);
  for (const name of [/^Free from .* UTC: from \d+ to \d+$/, /^Price per unit and hour from/, /hour of the week, UTC$/]) {
    assert.equal(await page.getByRole('img', { name }).count(), 1, String(name));
  }
  assert.match(await page.locator('.timeline rect title').first().textContent(), /^(HIGH|MEDIUM|LOW|UNKNOWN).* from .* to .* UTC, /);
  assert.ok(await page.locator('.timeline .unknown').count() > 0, 'times without observations are shown');
  assert.match(await page.getByRole('row', { name: /^24 h/ }).first().innerText(), /\d+ % of [\d,]+/);
  for (const name of ['Availability', 'Free', 'Best time of the week']) {
    await page.getByText(`${name} as a table`).click();
    assert.ok(await page.getByRole('group', { name, exact: true }).getByRole('row').count() > 10);
  }
  await page.getByRole('link', { name: '1 d', exact: true }).click();
  assert.equal(await page.locator('.week').count(), 0);
  await page.getByRole('link', { name: '90 d' }).click();
  assert.match(await page.locator('.timeline .unknown title').first().textContent(), /^UNKNOWN from .*, 30 d/, 'before the first transition');
  await page.setViewportSize({ width: 360, height: 740 });
  assert.ok(await page.getByRole('group', { name: 'Durations' }).evaluate(table => table.scrollWidth <= table.clientWidth), 'all columns fit on a phone');
  const [csv] = await Promise.all([page.waitForEvent('download'), page.getByRole('link', { name: 'CSV' }).click()]);
  assert.equal(csv.suggestedFilename(), 'history.csv');
  await page.getByRole('link', { name: 'gpu now' }).click();
  await page.waitForURL(`${url}profile/lab/gpu`);
});

test('the profile page takes the history over, and keeps it while the profile changes', async t => {
  const { url } = await vacancyUp(t, { profiles: ['lab/gpu'], probes: [quick] });
  const page = await openPage(t, `${url}profile/lab/gpu`);
  await page.locator('#history .timeline').waitFor();
  await page.getByText('Availability as a table').click();
  await page.locator('#history .timeline').evaluate(svg => { svg.marked = true; });
  const facts = () => page.locator('dl').textContent();
  const before = await facts();
  await eventually('another reading', async () => await facts() !== before);
  assert.ok(await page.locator('#history .timeline').evaluate(svg => svg.marked), 'the same picture');
  assert.ok(await page.locator('#history details[open]').count() === 1);
  await page.getByRole('link', { name: '7 d', exact: true }).click();
  await page.locator('.ranges [aria-current]', { hasText: '7 d' }).waitFor();
  assert.equal(page.url(), `${url}profile/lab/gpu`);
  assert.equal(await page.evaluate(() => document.activeElement.textContent), '7 d');
});

test('a launch that failed shows in the row at once, and in how true it was', async t => {
  const vacancy = await vacancyUp(t, { profiles: ['lab/gpu'], probes: [{ ...calm }] });
  const page = await openPage(t, vacancy.url);
  await eventually('a level', async () => /HIGH|MEDIUM|LOW/.test(await page.locator('#rows .level b').textContent()));
  const said = await page.locator('#rows .level b').textContent();
  const told = await fetch(new URL('/api/v1/observations', vacancy.hardwareUrl), {
    method: 'POST',
    headers: { authorization: `Bearer ${await vacancy.token()}`, 'content-type': 'application/json' },
    body: JSON.stringify({ profile: 'lab/gpu', outcome: 'failed', error: 'InsufficientInstanceCapacity', source: 'karpenter' }),
  });
  assert.equal((await told.json()).said, said);
  await eventually('LOW, with its reason', async () => await page.locator('#rows .level b').textContent() === 'LOW' &&
    /launch failed: InsufficientInstanceCapacity \(reported by karpenter\)/.test(await page.locator('#rows').textContent()));
  await page.goto(`${vacancy.url}profile/lab/gpu`);
  await page.getByRole('heading', { name: 'How true it was' }).waitFor();
  assert.equal(await page.getByText(/^When it was/).textContent(), `When it was ${said} here, 0 of 1 launch worked.`);
});

test('a history that fails is there later, and an older answer does not win', async t => {
  const { url } = await vacancyUp(t, { profiles: ['lab/gpu'], probes: [quick] });
  const page = await openPage(t, 'about:blank');
  let failing = true, release;
  await page.route('**/history*', route => (failing ? route.fulfill({ status: 503, contentType: 'text/html', body: 'away' }) : route.continue()));
  await page.goto(`${url}profile/lab/gpu`);
  await page.getByText('It cannot be shown now: HTTP 503').waitFor();
  failing = false;
  await page.locator('#history .timeline').waitFor();
  page.problems.length = 0;  // the answers with 503
  await page.unroute('**/history*');
  const slow = new Promise(resolve => { release = resolve; });
  await page.route('**/history?days=90', async route => {
    const response = await route.fetch();
    await slow;
    await route.fulfill({ response });
  });
  await page.getByRole('link', { name: '90 d', exact: true }).click();
  await page.getByRole('link', { name: '7 d', exact: true }).click();
  await page.locator('.ranges [aria-current]', { hasText: '7 d' }).waitFor();
  const late = page.waitForResponse('**/history?days=90');
  release();
  await (await late).finished();
  await page.evaluate(() => new Promise(resolve => { setTimeout(resolve); }));
  assert.equal(await page.locator('.ranges [aria-current]').innerText(), '7 d');
});

test('the board of a past time: another one, in parts, and back', async t => {
  const { url } = await vacancyWithPast(t, { profiles: profiles(150), probes: [calm] });
  const page = await openPage(t, url, { javaScriptEnabled: false });
  await page.getByRole('link', { name: 'past time' }).click();
  await page.getByLabel('Time, UTC').fill(hoursAgo(30));
  await page.getByRole('button', { name: 'Show' }).click();
  assert.match(await page.locator('#past').innerText(), /^As of \d+ \w+ \d{4}, \d\d:\d\d UTC\./);
  const rows = page.locator('#rows tr');
  assert.equal(await rows.count(), 100);
  const levels = await page.locator('#rows .level').allInnerTexts();
  assert.equal(new Set(levels.map(text => text.trim())).size, 4, 'HIGH, MEDIUM, LOW and UNKNOWN');
  await page.getByRole('link', { name: 'Next' }).click();
  assert.equal(await rows.count(), 50);
  await page.getByRole('link', { name: 'First' }).click();
  assert.equal(await rows.count(), 100);
  await page.getByRole('searchbox').fill('type-0003');
  await page.getByRole('button', { name: 'Show' }).click();
  assert.equal(await rows.count(), 1);
  await page.getByRole('link', { name: 'type-0003' }).click();
  assert.match(page.url(), /profile\/Provider%200\/type-0003\/history$/);
  await page.goto(`${url}at?time=${hoursAgo(24 * 70)}`);
  assert.deepEqual([...new Set((await page.locator('#rows .level').allInnerTexts()).map(text => text.trim()))], ['UNKNOWN']);
  await page.getByRole('link', { name: 'Back to now' }).click();
  await page.waitForURL(url);
});
