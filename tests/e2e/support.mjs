// Starts the real programs and a real browser for the tests, and ends them.

import assert from 'node:assert/strict';
import { execFile, spawn } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

import axe from 'axe-core';
import { chromium } from 'playwright-core';

import { ask, undescribed } from './contract.mjs';

export const bin = process.env.BIN_DIR ?? fileURLToPath(new URL('../../build/release/bin', import.meta.url));
const run = promisify(execFile);

// Never reached when all is well, so it may be long: the machine may be busy.
const PATIENCE_MS = Number(process.env.PATIENCE_MS ?? 90_000);

/** Resolves with the first truthy value of `look`, which may throw meanwhile. */
export async function eventually(what, look) {
  const deadline = Date.now() + PATIENCE_MS;
  let last;
  for (;;) {
    try {
      const value = await look();
      if (value) return value;
      last = value;
    } catch (error) {
      last = error;
    }
    if (Date.now() > deadline) throw new Error(`not within ${PATIENCE_MS} ms: ${what} (last: ${last})`);
    await new Promise(resolve => setTimeout(resolve, 25));
  }
}

/** What a script started, ended in reverse order. A test of node:test has one of its own: `scope(test)`. */
export class Scope {
  steps = [];

  after(step) {
    this.steps.push(step);
  }

  async end() {
    const errors = [];
    for (const step of this.steps.reverse()) await Promise.resolve().then(step).catch(error => errors.push(error));
    if (errors.length) throw errors[0];
  }
}

const scopes = new WeakMap();

function scope(test) {
  if (test instanceof Scope) return test;
  if (!scopes.has(test)) {
    scopes.set(test, new Scope());
    test.after(() => scopes.get(test).end());
  }
  return scopes.get(test);
}

/** One program, which ends with the test; its ready line gives the ports. */
export class Program {
  static async start(test, name, args, { data } = {}) {
    const child = spawn(path.join(bin, name), args, { stdio: ['ignore', 'pipe', 'inherit'], cwd: data });
    const program = new Program();
    program.child = child;
    program.ended = new Promise(resolve => child.once('exit', resolve).once('error', resolve));
    scope(test).after(() => program.stop());
    for await (const line of createInterface({ input: child.stdout })) {
      if (!line.includes('ready')) continue;
      program.ports = [...line.matchAll(/http:\/\/[^/:]+:(\d+)/g)].map(match => Number(match[1]));
      return program;
    }
    throw new Error(`${name} ended before it was ready`);
  }

  signal(name) {
    this.child.kill(name);
  }

  async stop() {
    if (this.stopped) return;
    this.stopped = true;
    this.signal('SIGCONT');
    this.signal('SIGTERM');
    const code = await this.ended;
    if (code !== 0) throw new Error(`a program ended with ${code}`);
  }
}

/** A directory with a configuration, gone after the test. */
export async function directory(test, config) {
  const data = await mkdtemp(path.join(tmpdir(), 'vacancy-e2e-'));
  scope(test).after(() => rm(data, { recursive: true, force: true }));
  await writeFile(path.join(data, 'config.yaml'), JSON.stringify({ drain_timeout: `${PATIENCE_MS}ms`, ...config }));  // JSON is YAML
  return data;
}

export const quick = { name: 'simulated', ttl: '1s', timeout: '1s', duration: '100ms', seed: 7 };

export function profiles(count) {
  return Array.from({ length: count }, (_, i) => ({ provider: `Provider ${i % 3}`, name: `type-${String(i).padStart(4, '0')}` }));
}

const common = ['--config', 'config.yaml', '--admin-port', '0', '--log-level', 'error'];

/** `vacancy up` with `config`; ends with the test. */
export async function vacancyUp(test, config, { port = 0, data } = {}) {
  data ??= await directory(test, config);
  const program = await Program.start(test, 'vacancy', ['up', ...common, '--data', data, '--port', String(port), '--hardware-port', '0'], { data });
  const [portal, hardware, admin] = program.ports;
  return {
    program,
    data,
    portal,
    url: `http://localhost:${portal}/`,
    hardwareUrl: `http://localhost:${hardware}/hardware/`,
    adminUrl: `http://localhost:${admin}/`,
    token: () => readFile(path.join(data, 'admin-token'), 'utf8').then(text => text.trim()),
    profile: (...args) => run(path.join(bin, 'vacancy'), ['profile', '--hardware-url', `http://127.0.0.1:${hardware}`, '--token-file', path.join(data, 'admin-token'), ...args]),
    metric: async name => {
      const { text } = await ask(`http://localhost:${admin}/metrics`);
      return Number(text.split('\n').find(line => line.startsWith(`${name} `))?.split(' ')[1]);
    },
  };
}

/** `vacancy up` with `config`, whose profiles have a past (past.py). Its probes do not run again within the test. */
export async function vacancyWithPast(test, config) {
  const data = await directory(test, config);
  const { program, url } = await vacancyUp(test, config, { data });
  await eventually('all are measured', async () => {
    const { counts } = (await ask(`${url}api/v1/hardware?limit=1`)).json();
    return counts.total > 0 && counts.PENDING === 0;
  });
  await program.stop();
  await run('python3', ['-B', fileURLToPath(new URL('past.py', import.meta.url)), path.join(data, 'vacancy.db')]);
  return vacancyUp(test, config, { data });
}

/** A portal in front of a hardware service of its own, which can be stopped alone; without `config`, of none. */
export async function portalAlone(test, config) {
  const data = await directory(test, config ?? { portal: { first_snapshot_wait: '100ms' } });
  const service = (name, ...args) => Program.start(test, name, [...common, '--port', '0', ...args], { data });
  const hardware = config && await service('hardware', '--database', 'sqlite:vacancy.db');
  const source = `http://localhost:${hardware?.ports[0] ?? 1}`;  // nobody listens at port 1
  const portal = await service('portal', '--hardware-url', source);
  return { hardware, portal, url: `http://localhost:${portal.ports[0]}/`, adminUrl: `http://localhost:${portal.ports[1]}/` };
}

let browser;

async function undescribedAnswer(request) {
  const response = await request.response().catch(() => null);
  if (!response) return [];  // the browser gave it up
  const body = await response.text().catch(() => undefined);  // the browser forgets that of a page that it has left
  // Not allHeaders(), which mixes up those of answers to one URL when some come out of the cache.
  return undescribed({ method: request.method(), url: response.url(), status: response.status(), headers: response.headers(), body });
}

async function openContext(test, { described = true, ...options }) {
  browser ??= chromium.launch({
    executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
    args: ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync',
      '--host-resolver-rules=MAP vacancy.test 127.0.0.1'],
  });
  const context = await (await browser).newContext(options);
  context.setDefaultTimeout(PATIENCE_MS);
  const answers = [];
  if (described) context.on('requestfinished', request => answers.push(undescribedAnswer(request).catch(error => [`${request.url()}: ${error}`])));
  scope(test).after(async () => {
    // Of an answer that the browser gave up for another page, Playwright may never tell the rest.
    const enough = new Promise(resolve => setTimeout(resolve, 2_000).unref());
    const wrong = (await Promise.all(answers.map(answer => Promise.race([answer, enough])))).flatMap(found => found ?? []);
    await context.close();
    assert.deepEqual([...new Set(wrong)], [], 'answers are as docs/openapi.yaml describes them');
  });
  return context;
}

/**
 * A page, whose answers must be described in docs/openapi.yaml. Console errors, violations of the content security policy
 * among them, fail the test, unless `page.problems` is emptied. `described: false` where a proxy answers.
 * `page.policy` is that policy.
 */
export async function openPage(test, url, { context, ...options } = {}) {
  const page = await (context ?? await openContext(test, options)).newPage();
  page.problems = [];
  // While nobody answers, a page asks now and then, and browsers log that.
  const refused = text => text.includes('ERR_CONNECTION_REFUSED');
  page.on('console', message => message.type() === 'error' && !refused(message.text()) && page.problems.push(message.text()));
  page.on('pageerror', error => page.problems.push(String(error)));
  scope(test).after(() => assert.deepEqual(page.problems, []));
  const answer = await page.goto(url);
  page.policy = answer?.headers()['content-security-policy'];
  return page;
}

export async function closeBrowser() {
  await (await browser)?.close();
}

/** What axe finds wrong: rule and element, one line each. */
export async function accessibilityProblems(page) {
  // Through the debugger's own context: the page's policy allows no foreign script.
  await page.evaluate(axe.source);
  const { violations } = await page.evaluate(() => globalThis.axe.run({ rules: { 'target-size': { enabled: true } } }));
  return violations.flatMap(({ id, nodes }) => nodes.map(node => `${id}: ${node.html}`));
}

export const level = (page, name) => page.locator('#rows tr', { hasText: name }).locator('.level b').textContent();

