// No state of a page has an accessibility problem, sticks out of the window, or needs a looser policy.

import assert from 'node:assert/strict';
import { after, test } from 'node:test';

import { LOOKS, look, STATES } from './states.mjs';
import { accessibilityProblems, closeBrowser } from './support.mjs';

after(closeBrowser);

const { wide, dark } = LOOKS;
const phone = { width: 360, height: 640 };
const SIGHTS = { wide, dark, phone: { ...phone, colorScheme: 'light' }, 'dark phone': { ...phone, colorScheme: 'dark' } };

// Most of the time is spent waiting for a state.
test('states', { concurrency: 2 }, async t => {
  await Promise.all(Object.entries(STATES).map(([name, enter]) => t.test(name, async t => {
    const page = await enter(t);
    const problems = [];
    for (const [how, wanted] of Object.entries(SIGHTS)) {
      await look(page, wanted);
      const beyond = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
      if (beyond > 0) problems.push(`${how}: ${beyond} px beyond the edge`);
    }
    // A thousand rows take axe half a minute, and are all alike.
    await page.evaluate(() => document.querySelectorAll('#rows tr:nth-child(n+31)').forEach(tr => tr.remove()));
    for (const [how, wanted] of Object.entries(SIGHTS)) {
      await look(page, wanted);
      problems.push(...(await accessibilityProblems(page)).map(problem => `${how}: ${problem}`));
    }
    assert.deepEqual(problems, []);
    assert.match(page.policy, /^default-src 'none'; script-src 'self'; style-src 'self';/);
    assert.match(page.policy, /base-uri 'none'.*frame-ancestors/);
    assert.doesNotMatch(page.policy, /unsafe|\*|https?:|data:/);
  })));
});
