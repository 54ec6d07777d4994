// The checks find what goes wrong in charts: each fault is put into a copy of the chart, and must be named.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';

import { CASES } from './cases.mjs';
import { problemsOf } from './checks.mjs';
import { changed } from './copy.mjs';
import { OF_PODS } from './faults_of_pods.mjs';
import { OF_WAYS } from './faults_of_ways.mjs';
import { render } from './helm.mjs';

describe('found', { concurrency: 4 }, () => {
  for (const [what, file, from, to, message, name = 'defaults'] of [...OF_PODS, ...OF_WAYS])
    test(what, async t => {
      const chart = changed(t, file, text => text.replace(from, to));
      const problems = await render(CASES[name], { chart }).then(
        objects => problemsOf(objects, CASES[name]),
        error => [error.stderr],
      );
      assert.match(problems.join('\n'), message);
    });
});
