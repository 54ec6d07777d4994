// Who uses only the keyboard: everything is reached, seen, and kept while the page changes by itself.

import assert from 'node:assert/strict';
import { after, test } from 'node:test';

import { STATES } from './states.mjs';
import { closeBrowser, eventually, openPage, profiles, quick, vacancyUp } from './support.mjs';

after(closeBrowser);

const calm = { ...quick, ttl: '1h' };
const BROKEN = { name: 'broken', kind: 'exec', match: { name: 'type-0001' }, ttl: '1h', timeout: '1s', command: ['sh', '-c', 'echo no route >&2; exit 70'] };

const names = page => page.locator('#rows tr[data-id] .name').allTextContents();
const isFocused = locator => locator.evaluate(element => element === document.activeElement);
const focusedText = page => page.evaluate(() => document.activeElement === document.body ? undefined : document.activeElement.textContent);

async function focusOn(locator) {
  await locator.focus();
  const text = await focusedText(locator.page());
  assert.ok(text, `${locator} takes no focus`);
  return text;
}

/** The focused element, and why one does not see that it has the focus. */
const focused = page => page.evaluate(() => {
  const element = document.activeElement;
  const { outlineStyle, outlineWidth } = getComputedStyle(element);
  const { left, top, width, height } = element.getBoundingClientRect();
  const hit = document.elementFromPoint(left + width / 2, top + height / 2);
  const covered = !hit || !(element.contains(hit) || hit.contains(element));
  return {
    index: [...document.querySelectorAll('*')].indexOf(element),
    end: element === document.body,
    unseen: outlineStyle === 'none' || parseFloat(outlineWidth) < 2 ? 'no outline' : covered && `under ${hit?.outerHTML.slice(0, 80)}`,
    what: element.outerHTML.slice(0, 80),
  };
});

async function stopsOf(page, key) {
  const stops = [];
  for (;;) {
    await page.keyboard.press(key);
    const stop = await focused(page);
    if (stop.end || stop.index === stops[0]?.index) return stops;
    stops.push(stop);
    assert.ok(stops.length < 300);
  }
}

async function tabTo(page, locator) {
  for (let presses = 0; presses < 300; presses++) {
    if (await isFocused(locator)) return;
    await page.keyboard.press('Tab');
  }
  assert.fail(`Tab does not reach ${locator}`);
}

for (const [state, viewport] of [['failing', { width: 1280, height: 500 }], ['failing', { width: 360, height: 640 }], ['wall', { width: 1280, height: 500 }], ['profile', { width: 360, height: 640 }]]) {
  test(`Tab goes through everything in the order of the page, visibly, forth and back: ${state}, ${viewport.width} px wide`, async t => {
    const page = await STATES[state](t);
    await page.setViewportSize(viewport);
    const stops = await stopsOf(page, 'Tab');
    assert.deepEqual(stops.map(stop => stop.index), stops.map(stop => stop.index).sort((a, b) => a - b));
    const controls = page.locator(':is(a[href], summary, input, select, button, [tabindex="0"]):visible');
    assert.equal(stops.length, await controls.count(), 'no control is left out');
    const back = await stopsOf(page, 'Shift+Tab');
    assert.equal(back.length, stops.length);
    assert.deepEqual([...stops, ...back].filter(stop => stop.unseen).map(stop => `${stop.what}: ${stop.unseen}`), []);
  });
}

test('search, filter, order, next page, an error and a profile, without a mouse', async t => {
  const { url } = await vacancyUp(t, { profiles: profiles(100), probes: [BROKEN, calm] });
  const page = await openPage(t, `${url}?limit=20`);
  const search = page.getByRole('searchbox');
  await tabTo(page, search);
  await page.keyboard.type('provider');
  await eventually('the search is done', () => page.url().includes('q=provider'));
  assert.ok(await isFocused(search), 'one goes on typing');
  await page.keyboard.type(' type-0');
  await eventually('the new search is done', async () => page.url().includes('q=provider+type-0') && (await page.locator('caption').innerText()).endsWith('of 100'));
  await tabTo(page, page.getByLabel('Provider', { exact: true }));
  await page.keyboard.type('Provider 1');
  await page.keyboard.press('Enter');
  await eventually('one provider', async () => (await page.locator('caption').innerText()).endsWith('of 33'));
  await tabTo(page, page.getByLabel('grouped'));
  await page.keyboard.press('Space');
  await eventually('a group', async () => await page.locator('tr.group').count() === 1);
  await tabTo(page, page.locator('#rows summary'));
  await page.keyboard.press('Enter');
  assert.ok(await page.getByText('exit code 70').isVisible());
  await tabTo(page, page.getByRole('link', { name: 'Next' }));
  await page.keyboard.press('Enter');
  await eventually('the next page', async () => (await page.locator('caption').innerText()).includes('21–33'));
  await tabTo(page, page.getByRole('link', { name: 'Name', exact: true }));
  await page.keyboard.press('Enter');
  await eventually('by name', async () => (await names(page)).slice(0, 2).join() === 'type-0001,type-0004');
  await tabTo(page, page.getByRole('link', { name: 'type-0004' }));
  await page.keyboard.press('Enter');
  await eventually('its page', () => page.getByRole('heading', { name: 'type-0004' }).isVisible());
});

test('the focus stays where it is when rows come and go', async t => {
  const vacancy = await vacancyUp(t, { profiles: profiles(150), probes: [BROKEN, calm] });
  const page = await openPage(t, `${vacancy.url}?offset=10&limit=30&group=provider`);
  const count = kind => page.locator(`[data-count=${kind}]`).textContent();
  await eventually('all are measured, or have failed', async () => await count('PENDING') === '1' && await count('failing') === '1');
  let added = 0;
  for (const locator of [
    page.getByRole('link', { name: 'Capacity' }), page.getByRole('link', { name: /failing$/ }), page.getByRole('link', { name: 'JSON' }),
    page.getByRole('link', { name: 'Next' }), page.locator('tr.group a').last(), page.locator('#rows .name a').nth(5), page.getByRole('link', { name: 'Reset' }),
  ]) {
    const before = await focusOn(locator);
    const total = 151 + added;
    await vacancy.profile('add', 'A', `new-${added++}`);
    await eventually('the new row', async () => await page.locator('[data-count=total]').textContent() === String(total));
    await eventually('the page is fetched', async () => await page.locator('[data-count=matching]').first().textContent() === String(total));
    assert.equal(await focusedText(page), before, String(locator));
  }
});

test('the focus goes to the next row when its row is removed, and stays on a profile that is measured', async t => {
  const vacancy = await vacancyUp(t, { profiles: ['Amazon/c5', 'Azure/H16mr'], probes: [quick] });
  const page = await openPage(t, vacancy.url);
  await page.getByRole('link', { name: 'c5' }).focus();
  await vacancy.profile('remove', 'Amazon', 'c5');
  await eventually('the row is gone', async () => !(await names(page)).includes('c5'));
  assert.equal(await focusedText(page), 'H16mr');
  await page.goto(`${vacancy.url}profile/Azure/H16mr`);
  for (const locator of [page.locator('pre').first(), page.getByRole('link', { name: 'all of Azure' }), page.locator('#rows a')]) {
    const before = await focusOn(locator);
    const facts = await page.locator('dl').innerText();
    await eventually('it is measured', async () => await page.locator('dl').innerText() !== facts);
    assert.equal(await focusedText(page), before);
  }
  const command = await page.evaluate(() => {
    getSelection().selectAllChildren(document.querySelector('pre'));
    return String(getSelection());
  });
  const facts = await page.locator('dl').innerText();
  await eventually('it is measured', async () => await page.locator('dl').innerText() !== facts);
  assert.equal(await page.evaluate(() => String(getSelection())), command, 'one can copy it');
});
