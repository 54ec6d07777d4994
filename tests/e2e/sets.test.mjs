// Sets: which one to take, on their page, while levels, profiles and the sets themselves change.

import assert from 'node:assert/strict';
import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { after, test } from 'node:test';

import { closeBrowser, eventually, openPage, vacancyUp } from './support.mjs';

after(closeBrowser);

const says = { kind: 'exec', name: 'files', ttl: '300ms', timeout: '5s', command: ['cat', '{name}.json'] };

async function start(t, levels, sets) {
  const vacancy = await vacancyUp(t, { profiles: [], probes: [says], sets });
  const say = (name, level) => writeFile(path.join(vacancy.data, `${name}.json`), JSON.stringify({ level }));
  await Promise.all(Object.entries(levels).map(([name, level]) => say(name, level)));
  for (const name of Object.keys(levels)) await vacancy.profile('add', 'p', name);
  const redefine = async sets => {
    const file = path.join(vacancy.data, 'config.yaml');
    await writeFile(file, JSON.stringify({ ...JSON.parse(await readFile(file, 'utf8')), sets }));
    vacancy.program.signal('SIGHUP');
  };
  return { ...vacancy, say, redefine };
}

const verdicts = page => page.locator('#rows tr').evaluateAll(rows => rows.map(tr => `${tr.querySelector('.choice').textContent}: ${tr.querySelector('.verdict').textContent}`));

test('the one to take follows levels, other profiles and another order, and the page says why', async t => {
  const { url, say, profile, redefine } = await start(t, { big: 'LOW', mid: 'MEDIUM', small: 'HIGH' }, { cfd: ['p/big', 'q/*', 'p/[m]*', 'p/m*', 'p/*'] });
  const page = await openPage(t, `${url}set/cfd`);
  const taken = () => page.locator('.take a').textContent();
  const takes = name => eventually(`it takes ${name}`, async () => await page.locator('.take a').count() === 1 && await taken() === `p ${name}`);
  await takes('mid');
  await eventually('the verdicts', async () => (await verdicts(page)).join('; ')
    === 'p/big: LOW, not MEDIUM; q/*: no profile matches; p/[m]*: no profile matches; p/m*: take this one; p/*: good enough, too');
  assert.equal(await page.title(), 'cfd: take p mid');
  assert.equal(await page.locator('tr.taken').count(), 1);
  await say('big', 'HIGH');
  await takes('big');
  assert.match(await page.locator('tr.taken').innerText(), /take this one/);
  await page.getByRole('link', { name: 'HIGH', exact: true }).click();
  await page.waitForURL(/at_least=HIGH/);
  assert.match(await page.locator('pre').first().innerText(), /--set cfd --at-least HIGH/);
  assert.equal(await page.locator('pre').nth(1).innerText(), `curl -s '${url}api/v1/sets/cfd/first?at_least=HIGH'`);
  assert.ok((await page.locator('pre').nth(2).innerText()).endsWith(`(${url}set/cfd/badge.svg?at_least=HIGH)](${url}set/cfd?at_least=HIGH)`));
  await say('big', 'LOW');
  await takes('small');
  await say('small', 'LOW');
  await eventually('none', async () => await page.locator('.take').textContent() === 'None can be taken now.');
  await profile('rename', 'p', 'small', 'p', 'mini');
  await eventually('its new name', async () => (await verdicts(page)).join('; ').includes('p/m*: not measured yet; ')
    || (await verdicts(page)).join('; ').includes('p/m*: never measured: '));
  await say('mini', 'HIGH');
  await takes('mini');
  await redefine({ cfd: ['p/none', 'p/big'], other: ['p/*'] });
  await eventually('the new choices', async () => (await verdicts(page)).join('; ') === 'p/none: no profile matches; p/big: LOW, not HIGH');
  await eventually('the other set', async () => (await page.locator('#exports').innerText()).endsWith('sets: cfd, other'));
  page.problems = [];
  await redefine({ other: ['p/*'] });
  await eventually('that it is gone', async () => (await page.locator('#view').innerText()).includes("there is no set 'cfd'"));
  page.problems = [];  // browsers log the 404
});

test('without JavaScript, and from the dashboard', async t => {
  const { url } = await start(t, { a: 'HIGH', b: 'LOW' }, { one: ['p/b', 'p/a'] });
  const page = await openPage(t, url, { javaScriptEnabled: false });
  await eventually('levels after a reload', async () => {
    await page.reload();
    return !(await page.locator('#rows .level b').allTextContents()).includes('UNKNOWN');
  });
  await page.getByRole('link', { name: 'one', exact: true }).click();
  assert.equal(await page.locator('.take a').textContent(), 'p a');
  assert.deepEqual(await verdicts(page), ['p/b: LOW, not MEDIUM', 'p/a: take this one']);
  assert.match(await page.locator('pre').first().innerText(), new RegExp(`vacancy wait --url ${url.slice(0, -1)} --set one --print name`));
  await page.getByRole('link', { name: 'LOW', exact: true }).click();
  await eventually('the page of LOW', async () => await page.locator('.take a').textContent() === 'p b');
  await page.getByRole('link', { name: 'those of one' }).click();
  await eventually('the list', async () => await page.title() === 'Vacancy: set one');
  await page.getByLabel('high').check();
  await page.getByRole('button', { name: 'Show' }).click();
  assert.match(page.url(), /set=one/, 'the form keeps the set');
  assert.deepEqual(await page.locator('#rows .name').allTextContents(), ['a']);
});

test('a list of a set follows it, and says when it is gone', async t => {
  const { url, redefine } = await start(t, { a: 'HIGH', b: 'LOW', c: 'LOW' }, { one: ['p/a', 'p/b'] });
  const page = await openPage(t, `${url}?set=one`);
  const names = () => page.locator('#rows .name').allTextContents();
  await eventually('its rows', async () => (await names()).join() === 'a,b');
  await redefine({ one: ['p/c'] });
  await eventually('other rows', async () => (await names()).join() === 'c');
  await redefine({ two: ['p/c'] });
  await eventually('the mistake beside the list', async () => (await page.locator('#problem').textContent()).includes("there is no set 'one'"));
  page.problems = [];  // browsers log the 400
});
