// Context values: what is refused, and in which words.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { App } from 'aws-cdk-lib';
import { names, readSettings } from '../lib/settings';
import { certificate, repository, synthesise } from './support';

const settings = (context: Record<string, unknown>) => readSettings(new App({ context }));

test('without context values there are defaults', () => {
  assert.deepEqual(settings({}), {
    region: 'eu-central-1', certificateArn: undefined, alarmEmail: undefined, requestsPerSecond: 200,
    portal: { min: 2, max: 10 }, hardware: { min: 2, max: 10 }, natGateways: 2, databaseClass: 't4g.small',
    databaseStandby: true, configuration: undefined, functions: [], spotScores: false,
  });
});

test('values come as texts from the command line and as they are from a file', () => {
  for (const context of [
    { natGateways: '1', databaseStandby: 'false', functions: 'a,b', spotScores: 'true', portalMin: '12' },
    { natGateways: 1, databaseStandby: false, functions: ['a', 'b'], spotScores: true, portalMin: 12 },
  ]) {
    const { natGateways, databaseStandby, functions, spotScores, portal } = settings(context);
    assert.deepEqual([natGateways, databaseStandby, functions, spotScores, portal], [1, false, ['a', 'b'], true, { min: 12, max: 12 }]);
  }
  assert.equal(settings({ certificateArn: certificate }).certificateArn, certificate);
  assert.equal(settings({ alarmEmail: '' }).alarmEmail, undefined, 'an empty one is none');
});

test('what makes no sense is refused, with what is right', () => {
  for (const [context, says] of [
    [{ reqestsPerSecond: 5 }, /'reqestsPerSecond' is not known; there are region, .*requestsPerSecond/],
    [{ requestsPerSecond: '0' }, /'requestsPerSecond' is '0'; it must be a whole number from 1 to 100000/],
    [{ requestsPerSecond: '1.5' }, /whole number/],
    [{ requestsPerSecond: 'many' }, /whole number/],
    [{ portalMin: '5', portalMax: '4' }, /'portalMax' is '4'; it must be a whole number from 5 to 1000/],
    [{ hardwareMin: '0' }, /'hardwareMin' is '0'/],
    [{ natGateways: '3' }, /from 1 to 2/],
    [{ region: 'Frankfurt' }, /'region' is 'Frankfurt'; it must look like eu-central-1/],
    [{ certificateArn: 'arn:aws:iam::1:x' }, /'certificateArn' is .* it must look like arn:aws:acm:/],
    [{ certificateArn: certificate.replace('eu-central-1', 'us-east-1') }, /'certificateArn' is of us-east-1; the load balancer of eu-central-1 needs one of there/],
    [{ alarmEmail: 'nobody' }, /'alarmEmail' is 'nobody'/],
    [{ databaseStandby: 'no' }, /true or false/],
    [{ spotScores: 'yes' }, /'spotScores' is 'yes'; it must look like true or false/],
    [{ databaseClass: 'db.t4g.small' }, /'databaseClass' is 'db\.t4g\.small'; it must look like t4g\.small/],
    [{ functions: 'capacity,*' }, /'functions' has '\*'; give names of Lambda functions/],
    [{ functions: 'arn:aws:lambda:eu-central-1:1:function:x' }, /give names/],
    [{ configFile: '/nowhere/vacancy.yaml' }, /'configFile' is '\/nowhere\/vacancy\.yaml', which cannot be read: ENOENT/],
    [{ configFile: '/dev/null' }, /which is empty/],
  ] as const) assert.throws(() => settings(context), says, JSON.stringify(context));
});

test('docs/aws.md lists every value, and names outputs that there are', () => {
  const text = readFileSync(path.join(repository, 'docs/aws.md'), 'utf8');
  const rows = text.split('\n').filter((line) => line.startsWith('| `')).join('\n');
  for (const name of names) assert.ok(rows.includes(`\`${name}\``), name);
  const outputs = Object.keys(synthesise().system.template.Outputs).map((name) => name.toUpperCase());
  const used = [...text.matchAll(/\b[A-Z]{10,}\b/g)].map(([word]) => word);
  assert.deepEqual(used.filter((word) => !outputs.includes(word)), []);
  assert.ok(new Set(used).size >= 5);
});
