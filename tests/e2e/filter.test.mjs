// Search, filters, order and pages: on the server, in the URL, and live.

import assert from 'node:assert/strict';
import { after, test } from 'node:test';

import { closeBrowser, eventually, openPage, profiles, quick, vacancyUp } from './support.mjs';

after(closeBrowser);

const names = page => page.locator('#rows tr[data-id] .name').allTextContents();

const HIGH = { name: 'high', kind: 'exec', match: { provider: 'Provider 1' }, ttl: '10s', expire_after: '1h', timeout: '1m',
  command: ['echo', '{"level": "HIGH", "free": 3}'] };

test('a filter is in the URL, and the server finds the rows', async t => {
  const { url } = await vacancyUp(t, { profiles: profiles(300), probes: [HIGH, quick] });
  const page = await openPage(t, url);
  await page.getByRole('searchbox').fill('PROVIDER 1/type-00');
  await eventually('the search is done', async () => (await names(page)).length === 33);
  assert.match(page.url(), /\?q=PROVIDER\+1%2Ftype-00$/);
  await page.getByLabel('low').check();
  await eventually('none is low', () => page.getByRole('heading', { name: 'No profile matches' }).isVisible());
  await page.getByLabel('low').uncheck();
  await page.getByLabel('high').check();
  await eventually('all are high', async () => (await names(page)).length === 33);
  assert.match(page.url(), /level=HIGH/);
  const measured = await page.locator('#rows time').first().getAttribute('datetime');
  await eventually('it is live', async () => await page.locator('#rows time').first().getAttribute('datetime') !== measured);
  const other = await openPage(t, page.url());
  assert.equal((await names(other)).length, 33, 'a shared URL shows the same');
  assert.equal(await other.getByRole('searchbox').inputValue(), 'PROVIDER 1/type-00');
  await page.goBack();
  await eventually('back is the view before', async () => !page.url().includes('level=HIGH') && !await page.getByLabel('high').isChecked());
  await page.goBack();
  await eventually('and its rows', () => page.getByRole('heading', { name: 'No profile matches' }).isVisible());
});

test('a filter without a field stays while others change', async t => {
  const labelled = profiles(40).map((profile, at) => ({ ...profile, labels: { region: at % 2 ? 'eu' : 'us' } }));
  const { url } = await vacancyUp(t, { profiles: labelled, probes: [HIGH, quick] });
  const page = await openPage(t, `${url}?label.region=eu`);
  assert.equal((await names(page)).length, 20);
  await page.getByRole('searchbox').fill('type-001');
  await eventually('the search is done', async () => (await names(page)).length === 5);
  assert.match(page.url(), /label\.region=eu/);
  await page.getByRole('searchbox').fill('');
  await eventually('all of the label', async () => (await names(page)).length === 20);
});

test('a label is a column of choice, and live', async t => {
  const labelled = profiles(3).map(profile => ({ ...profile, labels: { region: 'us' } }));
  const { url, profile } = await vacancyUp(t, { profiles: labelled, probes: [HIGH, quick] });
  const page = await openPage(t, url);
  const regions = () => page.locator('#rows [data-label="region"]').allTextContents();
  assert.deepEqual(await regions(), []);
  await page.getByText('More', { exact: true }).click();
  await page.getByLabel('region').check();
  await eventually('a column', async () => (await regions()).join() === 'us,us,us');
  assert.match(page.url(), /columns=provider,.*,label\.region/);
  await page.getByLabel('region').uncheck();
  await eventually('the usual ones are not named', async () => !page.url().includes('columns') && !(await regions()).length);
  const other = await openPage(t, `${url}?columns=label.region`);
  assert.equal(await other.locator('thead th').count(), 3);
  await profile('set', 'Provider 0', 'type-0000', 'region=eu');
  await eventually('it is live', async () => (await other.locator('[data-label="region"]').first().textContent()) === 'eu');
});

test('columns sort, providers are grouped, and pages keep both', async t => {
  const { url } = await vacancyUp(t, { profiles: profiles(300), probes: [HIGH, quick] });
  const page = await openPage(t, url);
  await page.getByRole('link', { name: 'Name' }).click();
  await eventually('by name', async () => await page.locator('thead .name').getAttribute('aria-sort') === 'ascending');
  await page.getByRole('link', { name: 'Name' }).click();
  await eventually('the other way round', async () => (await names(page))[0] === 'type-0299');
  assert.equal(await page.evaluate(() => document.activeElement.textContent), 'Name', 'the focus stays');
  assert.equal(await page.locator('th.name[aria-sort]').getAttribute('aria-sort'), 'descending');
  await page.getByLabel('grouped').check();
  await eventually('a group', async () => await page.locator('tr.group').count() === 1);
  await page.getByRole('link', { name: 'Next' }).click();
  await eventually('the next page', async () => (await names(page))[0] === 'type-0298');
  assert.equal(await page.evaluate(() => document.activeElement.textContent), 'Next →', 'the focus stays');
  await eventually('its summary', async () => /Provider 1\s+100: 100 high/.test(await page.locator('tr.group').innerText()));
});

test('a profile has a page of its own, which is live', async t => {
  const { url } = await vacancyUp(t, { profiles: profiles(3), probes: [HIGH, quick] });
  const page = await openPage(t, url);
  await page.getByRole('link', { name: 'type-0001' }).click();
  await eventually('why', () => page.getByRole('heading', { name: 'Why HIGH?' }).isVisible());
  const at = () => page.locator('dl time').evaluateAll(all => all.map(time => time.dateTime).join());
  const before = await at();
  await eventually('its facts are live', async () => await at() !== before);
  await eventually('its badge', () => page.locator('img[src$="type-0001.svg"]').evaluate(image => image.naturalWidth > 50));
});

test('the badge on a profile\'s page is live', async t => {
  const alternate = 'if [ -e was ]; then rm was; echo \'{"level": "HIGH"}\'; else touch was; echo \'{"level": "LOW"}\'; fi';
  const probe = { name: 'alternate', kind: 'exec', ttl: '1s', expire_after: '1h', timeout: '1m', command: ['sh', '-c', alternate] };
  const { url } = await vacancyUp(t, { profiles: ['Amazon/c5'], probes: [probe] });
  const page = await openPage(t, `${url}profile/Amazon/c5`);
  const widths = [];  // HIGH is wider than LOW
  await eventually('it changes, and changes again', async () => {
    const width = await page.locator('main img').evaluate(image => image.complete && image.naturalWidth);
    if (width && width !== widths.at(-1)) widths.push(width);
    return widths.length > 2;
  });
  assert.equal(widths.at(-1), widths.at(-3));
});
