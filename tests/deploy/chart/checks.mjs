// All that is held against a rendering of the chart.

import { CHART, yaml } from './helm.mjs';
import { networkProblems } from './network.mjs';
import { programProblems } from './program.mjs';
import { runningProblems } from './running.mjs';
import { securityProblems } from './security.mjs';
import { typeProblems } from './types.mjs';
import { valueProblems } from './values.mjs';
import { wiringProblems } from './wiring.mjs';
import { readFileSync } from 'node:fs';
import path from 'node:path';

const { appVersion } = yaml(readFileSync(path.join(CHART, 'Chart.yaml'), 'utf8'));

/** Sentences on what is wrong with the objects of a case. */
export async function problemsOf(objects, one) {
  const types = (await Promise.all(objects.map(typeProblems))).flat();
  return [
    ...types,
    ...[securityProblems, wiringProblems, networkProblems, runningProblems, programProblems, valueProblems].flatMap(check => {
      try {
        return check(objects, one, appVersion);
      } catch (error) {
        return [`${check.name}: ${error.message}`]; // what it looks for is not there
      }
    }),
  ];
}
