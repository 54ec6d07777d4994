// A copy of the chart in which a file differs.

import assert from 'node:assert/strict';
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

import { CHART } from './helm.mjs';

/** The folder of the copy, which goes when the test ends. `change` must change the text of the file. */
export function changed(test, name, change) {
  const home = mkdtempSync(path.join(tmpdir(), 'vacancy-chart-'));
  test.after(() => rmSync(home, { recursive: true }));
  const chart = path.join(home, 'vacancy');
  cpSync(CHART, chart, { recursive: true });
  const file = path.join(chart, name);
  const before = readFileSync(file, 'utf8');
  const after = change(before);
  assert.notEqual(after, before, `${name} has no such text`);
  writeFileSync(file, after);
  return chart;
}
