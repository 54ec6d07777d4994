// Who wants no motion, hears the page, sees no colours, holds a phone, or stands before a wall.

import assert from 'node:assert/strict';
import { after, test } from 'node:test';

import { STATES } from './states.mjs';
import { closeBrowser, eventually, openPage, profiles, quick, vacancyUp } from './support.mjs';

after(closeBrowser);

test('who wants no motion gets none', async t => {
  const { url } = await vacancyUp(t, { profiles: profiles(20), probes: [quick] });
  const page = await openPage(t, url, { reducedMotion: 'reduce' });
  const easings = await eventually('something changed', async () => {
    const found = await page.evaluate(() => document.getAnimations().flatMap(({ effect }) => effect.getKeyframes().map(({ easing }) => easing)));
    return found.length && found;
  });
  assert.deepEqual(easings.filter(easing => !easing.startsWith('step')), [], 'colours may change at once, not gradually');
});

test('a screen reader is told of many changes in one short sentence every ten seconds', async t => {
  const { url } = await vacancyUp(t, { profiles: profiles(100), probes: [quick] });
  const page = await openPage(t, url);
  await page.evaluate(() => {
    globalThis.said = [];
    globalThis.changes = 0;
    const said = document.getElementById('said');
    const observe = (element, seen, options) => new MutationObserver(seen).observe(element, options);
    observe(said, () => globalThis.said.push({ at: performance.now(), text: said.textContent }), { childList: true, characterData: true, subtree: true });
    observe(document.getElementById('rows'), records => { globalThis.changes += records.length; }, { subtree: true, attributeFilter: ['href'] });
  });
  const said = await eventually('two sentences', () => page.evaluate(() => globalThis.said.length > 1 && globalThis.said));
  const seconds = (said[1].at - said[0].at) / 1000;
  const changes = await page.evaluate(() => globalThis.changes);
  t.diagnostic(`${changes} changes of level, ${said.length} sentences ${seconds.toFixed(1)} s apart: ${said[1].text}`);
  assert.ok(seconds > 9.9, `${seconds} s`);
  assert.ok(changes > 100, `${changes} changes are no flood`);
  for (const { text } of said) assert.match(text, /^(Provider \d type-\d{4} is [A-Z]+, ){2}.* and \d+ more\. \d+ high, \d+ medium, \d+ low, (\d+ stale, )?\d+ unknown\.$/);
  const talkative = await page.locator('[role=status], [role=alert], [role=log], [role=timer], [aria-live], output').evaluateAll(all => all.map(({ id }) => id));
  assert.deepEqual(talkative.sort(), ['connection', 'said'], 'nothing else speaks by itself');
});

for (const state of ['rows', 'wall', 'stale']) {
  test(`levels differ by word and shape, not by colour alone: ${state}`, async t => {
    const page = await STATES[state](t);
    await page.emulateMedia({ forcedColors: 'active' });
    const shapes = await page.locator('#rows .level').evaluateAll(cells => cells.map(cell => {
      const use = cell.querySelector('use').getAttribute('href');
      const shape = document.querySelector(use).firstElementChild;
      const form = shape.cloneNode();
      for (const colour of ['fill', 'stroke']) if (form.getAttribute(colour) === 'currentColor') form.setAttribute(colour, 'on');
      const [word, mark] = ['b', '.mark'].map(part => cell.querySelector(part));
      const inked = getComputedStyle(mark).color !== getComputedStyle(document.body).backgroundColor;
      return { word: word.checkVisibility() && word.textContent, form: mark.getBoundingClientRect().width >= 8 && inked && form.outerHTML };
    }));
    const formOf = new Map(shapes.map(({ word, form }) => [word, form]));
    assert.deepEqual([...formOf.keys()].sort(), ['HIGH', 'LOW', 'MEDIUM', 'UNKNOWN']);
    assert.equal(new Set(formOf.values()).size, 4);
    assert.ok(shapes.every(({ word, form }) => form && formOf.get(word) === form));
    if (state === 'stale') assert.ok(await page.locator('#rows .flag').evaluateAll(flags => flags.every(flag => flag.checkVisibility() && flag.textContent === 'stale')));
  });
}

const LONG = `an-instance-type-with-a-name-${'x'.repeat(60)}`;
const TALKATIVE = { name: 'talkative', kind: 'exec', match: { name: LONG }, ttl: '1h', timeout: '1s',
  command: ['sh', '-c', `echo '{"level": "HIGH", "free": 1234567, "total": 12345678, "reason": "${'https://example.org/'.repeat(8)}"}'`] };
const BROKEN = { ...TALKATIVE, name: 'broken', match: { name: 'type-0000' }, command: ['sh', '-c', `echo ${'y'.repeat(150)} >&2; exit 70`] };

test('a phone shows everything without scrolling sideways, and a finger can do what a mouse can', async t => {
  const { url } = await vacancyUp(t, {
    profiles: [{ provider: `A-provider-${'z'.repeat(60)}`, name: LONG }, ...profiles(120)], probes: [TALKATIVE, BROKEN, { ...quick, ttl: '1h' }],
  });
  const page = await openPage(t, url, { viewport: { width: 360, height: 640 }, hasTouch: true, isMobile: true });
  const fits = async () => assert.deepEqual(await page.evaluate(() => [document.documentElement.scrollWidth, innerWidth]), [360, 360]);
  await eventually('the error', () => page.getByText('last attempt failed').isVisible());
  await fits();
  await page.getByText('last attempt failed').tap();
  await eventually('why', () => page.getByText('exit code 70').isVisible());
  await fits();
  await page.getByLabel('Filters').tap();
  await page.getByLabel('grouped').tap();
  await eventually('groups', async () => await page.locator('tr.group').count() > 1);
  await fits();
  await page.getByLabel('Sort by').selectOption({ label: 'Most free first' });
  await eventually('the most free', async () => await page.locator('#rows .name').first().innerText() === LONG);
  await page.getByRole('link', { name: 'Next' }).tap();
  await page.waitForURL(/offset=100/);
  await eventually('the next page', async () => (await page.locator('caption').innerText()).includes('101–'));
  await fits();
  await page.getByRole('link', { name: 'Previous' }).tap();
  await page.getByRole('link', { name: LONG }).tap();
  await eventually('its page', () => page.getByRole('heading', { name: 'Why HIGH?' }).isVisible());
  await fits();
});

test('a wall has tiles to be read from afar, live, and nothing to click in between', async t => {
  const { url } = await vacancyUp(t, { profiles: profiles(20), probes: [quick] });
  const page = await openPage(t, `${url}?wall=1`, { viewport: { width: 1920, height: 1080 } });
  const tiles = await page.locator('#rows tr').evaluateAll(rows => rows.map(row => {
    const { x, y, right, bottom } = row.getBoundingClientRect();
    const sizes = ['.name a', '.level b'].map(part => parseFloat(getComputedStyle(row.querySelector(part)).fontSize));
    return { x, y, seen: right <= innerWidth && bottom <= innerHeight, sizes };
  }));
  assert.equal(tiles.length, 20);
  assert.ok(tiles.every(({ seen }) => seen), 'all of 20 are in one window');
  assert.ok(new Set(tiles.map(({ x }) => x)).size >= 4, 'side by side');
  assert.ok(tiles.every(({ sizes: [name, level] }) => name >= 24 && level >= 18));
  assert.equal(await page.locator(':is(input, select, button, footer, nav, caption, thead):visible').filter({ hasNot: page.locator('th') }).count(), 0);
  await page.evaluate(() => { globalThis.sameDocument = true; });
  const times = () => page.locator('#rows time').evaluateAll(all => all.map(time => time.dateTime).join());
  const before = await times();
  await eventually('it is live', async () => await times() !== before);
  assert.ok(await page.evaluate(() => globalThis.sameDocument && location.search === '?wall=1'));
});
