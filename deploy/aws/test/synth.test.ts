// The command that users run, without an account and without a network.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { newDirectory, project } from './support';

// Nobody listens there: whoever asks the network fails.
const nowhere = 'http://127.0.0.1:9';

test('cdk synth needs neither an account nor a network, and looks nothing up', () => {
  const directory = newDirectory();
  const options = ['synth', '--quiet', '--no-notices', '--app', 'node build/bin/vacancy.js', '--output', directory];
  const { status, stdout, stderr } = spawnSync(path.join(project, 'node_modules/.bin/cdk'), options, {
    cwd: project,
    encoding: 'utf8',
    env: {
      PATH: process.env.PATH, HOME: directory, HTTP_PROXY: nowhere, HTTPS_PROXY: nowhere, http_proxy: nowhere, https_proxy: nowhere,
      AWS_EC2_METADATA_DISABLED: 'true', CDK_DISABLE_CLI_TELEMETRY: 'true', CI: 'true',
    },
  });
  assert.equal(status, 0, stdout + stderr);
  assert.match(stdout + stderr, /served over plain HTTP/);
  const read = (name: string) => JSON.parse(readFileSync(path.join(directory, name), 'utf8'));
  const { artifacts, missing } = read('manifest.json');
  assert.equal(missing, undefined);
  for (const stack of ['Vacancy', 'VacancyCapacity']) {
    assert.equal(artifacts[stack].environment, 'aws://unknown-account/eu-central-1');
    assert.ok(Object.keys(read(`${stack}.template.json`).Resources).length > 3);
  }
  assert.equal(existsSync(path.join(project, 'cdk.context.json')), false);
});
