// Everything but the live changes works without JavaScript.

import assert from 'node:assert/strict';
import { after, test } from 'node:test';

import { closeBrowser, eventually, openPage, profiles, quick, vacancyUp } from './support.mjs';

after(closeBrowser);

const names = page => page.locator('#rows tr[data-id] .name').allTextContents();
const caption = page => page.locator('caption').innerText();

test('search, filter, order, pages and profiles without JavaScript', async t => {
  const { url } = await vacancyUp(t, { profiles: profiles(250), probes: [{ ...quick, ttl: '1h' }] });
  const page = await openPage(t, url, { javaScriptEnabled: false });
  await eventually('levels after a reload', async () => {
    await page.reload();
    return (await page.locator('#rows time').allTextContents()).every(text => text.endsWith('UTC'));
  });
  assert.equal((await names(page)).length, 100);
  await page.getByRole('link', { name: 'Next' }).click();
  assert.equal(await caption(page), 'Hardware profiles 101–200 of 250');
  await page.getByRole('link', { name: 'Next' }).click();
  assert.equal((await names(page)).length, 50);
  await page.getByRole('link', { name: 'Previous' }).click();
  assert.equal(await caption(page), 'Hardware profiles 101–200 of 250');
  await page.getByRole('searchbox').fill('type-01');
  await page.keyboard.press('Enter');
  await page.waitForURL(/q=type-01/);
  assert.equal(await caption(page), 'Matching profiles 1–100 of 100');
  await page.getByLabel('Provider', { exact: true }).selectOption('Provider 2');
  await page.getByLabel('grouped').check();
  await page.getByRole('button', { name: 'Show' }).click();
  assert.equal(await caption(page), 'Matching profiles 1–33 of 33');
  assert.match(await page.locator('tr.group').innerText(), /^Provider 2 33: (\d+ (high|medium|low)(, )?)+$/);
  assert.equal(await page.getByRole('searchbox').inputValue(), 'type-01', 'the form says what is shown');
  await page.getByRole('link', { name: 'Name' }).click();
  await page.getByRole('link', { name: 'Name' }).click();
  assert.equal((await names(page))[0], 'type-0197');
  await page.getByRole('link', { name: 'Availability' }).click();
  const levels = await page.locator('#rows .level b').allTextContents();
  assert.deepEqual(levels, [...levels].sort((a, b) => ['HIGH', 'MEDIUM', 'LOW'].indexOf(a) - ['HIGH', 'MEDIUM', 'LOW'].indexOf(b)));
  await page.getByRole('link', { name: 'type-0101' }).click();
  assert.match(await page.getByRole('heading', { name: /^Why/ }).innerText(), /^Why (HIGH|MEDIUM|LOW)\?$/);
  await page.getByRole('link', { name: 'All hardware profiles' }).click();
  assert.equal(await caption(page), 'Hardware profiles 1–100 of 250');
  assert.match(await page.locator('#live').innerText(), /Reload for newer values/);
});
