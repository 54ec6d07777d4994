// Every strip of strips.json looks as the server draws it (src/portal/strip_test.cpp).

import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { test } from 'node:test';

import { lettersAt, strip } from '../../web/strip.js';

const cases = JSON.parse(await readFile(new URL('strips.json', import.meta.url), 'utf8'));

for (const { recent, level, measured, stale, now, picture } of cases) {
  test(`${recent} of ${measured} at ${now}`, () => {
    const row = { measuredLevel: level, measuredAt: Date.parse(measured), staleAt: Date.parse(stale) };
    assert.equal(strip(lettersAt(recent, row, Date.parse(now))), picture);
  });
}
