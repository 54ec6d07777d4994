// The Lambda function of docs/probes.md.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { project, repository, synthesise, text } from './support';

const { capacity } = synthesise();
const probes = readFileSync(path.join(repository, 'docs/probes.md'), 'utf8');

function call(event: unknown): { status: number | null; answer: unknown; error: string } {
  const program = 'import json, sys, capacity; print(json.dumps(capacity.handler(json.load(sys.stdin), None)))';
  const ran = spawnSync('python3', ['-B', '-c', program], { cwd: path.join(project, 'capacity'), input: JSON.stringify(event), encoding: 'utf8' });
  return { status: ran.status, answer: ran.status === 0 ? JSON.parse(ran.stdout) : undefined, error: ran.stderr };
}

test('only signed calls of the Invoke API reach it', () => {
  // A URL, an API, a permission for another service, an event source: each would be another way in.
  assert.deepEqual(capacity.types(), ['AWS::IAM::Policy', 'AWS::IAM::Role', 'AWS::Lambda::Function', 'AWS::Logs::LogGroup']);
});

test('it is what the probe of the documentation calls', () => {
  const { Properties } = capacity.one('AWS::Lambda::Function');
  assert.ok(probes.includes(`/functions/${Properties.FunctionName}/invocations`));
  assert.match(Properties.Runtime, /^python3/);
  assert.equal(Properties.Handler, 'capacity.handler');
  assert.equal(text(Properties.LoggingConfig.LogGroup), '<Logs>');
  assert.equal(text(Properties.Role), '<Role.Arn>');
  assert.equal(Properties.Environment, undefined);
  assert.ok(Properties.Timeout <= 30 && Properties.MemorySize <= 256);
});

test('it answers what the probe of the documentation sends', () => {
  const body = /body: '(\{"type".*\})'/.exec(probes)![1]!.replace('{name}', 'c5').replace('{attribute.zone}', 'eu-central-1a');
  assert.deepEqual(call(JSON.parse(body)).answer, { free: 3, total: 16, reason: 'spot pool of c5' });
});

test('it fails for a call that makes no sense, which Lambda tells in a header', () => {
  for (const event of [{}, { zone: 'a' }, { type: 7 }, []]) assert.notEqual(call(event).status, 0, JSON.stringify(event));
});
