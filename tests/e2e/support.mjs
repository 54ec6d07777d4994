// Starts the real programs and a real browser for the tests, and ends them.

import { execFile, spawn } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

import axe from 'axe-core';
import { chromium } from 'playwright-core';

const bin = process.env.BIN_DIR ?? fileURLToPath(new URL('../../build/release/bin', import.meta.url));
const run = promisify(execFile);

/** Resolves with the first truthy value of `look`, which may throw meanwhile. */
export async function eventually(what, look, ms = 15_000) {
  const deadline = Date.now() + ms;
  let last;
  for (;;) {
    try {
      const value = await look();
      if (value) return value;
      last = value;
    } catch (error) {
      last = error;
    }
    if (Date.now() > deadline) throw new Error(`not within ${ms} ms: ${what} (last: ${last})`);
    await new Promise(resolve => setTimeout(resolve, 25));
  }
}

/** One program; its ready line gives the ports. */
export class Program {
  static async start(name, args, { data } = {}) {
    const child = spawn(path.join(bin, name), args, { stdio: ['ignore', 'pipe', 'inherit'], cwd: data });
    const program = new Program();
    program.child = child;
    program.ended = new Promise(resolve => child.once('exit', resolve));
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
    this.signal('SIGCONT');
    this.signal('SIGTERM');
    const code = await this.ended;
    if (code !== 0) throw new Error(`a program ended with ${code}`);
  }
}

/** A directory with a configuration, gone after the test. */
export async function directory(test, config) {
  const data = await mkdtemp(path.join(tmpdir(), 'vacancy-e2e-'));
  test.after(() => rm(data, { recursive: true, force: true }));
  await writeFile(path.join(data, 'config.yaml'), JSON.stringify(config));
  return data;
}

export const quick = { name: 'simulated', ttl: '1s', timeout: '1s', duration: '100ms', seed: 7 };

export function profiles(count) {
  return Array.from({ length: count }, (_, i) => ({ provider: `Provider ${i % 3}`, name: `type-${String(i).padStart(4, '0')}` }));
}

/** `vacancy up` with `config`; ends with the test. */
export async function vacancyUp(test, config, { port = 0, data } = {}) {
  data ??= await directory(test, config);
  const args = ['up', '--config', 'config.yaml', '--data', data, '--port', String(port), '--hardware-port', '0', '--admin-port', '0', '--log-level', 'error'];
  const program = await Program.start('vacancy', args, { data });
  test.after(() => program.child.exitCode ?? program.stop());
  const [portal, hardware, admin] = program.ports;
  return {
    program,
    data,
    portal,
    url: `http://localhost:${portal}/`,
    profile: (...args) => run(path.join(bin, 'vacancy'), ['profile', '--hardware-url', `http://127.0.0.1:${hardware}`, '--token-file', path.join(data, 'admin-token'), ...args]),
    metric: async name => {
      const text = await (await fetch(`http://127.0.0.1:${admin}/metrics`)).text();
      return Number(text.split('\n').find(line => line.startsWith(`${name} `))?.split(' ')[1]);
    },
  };
}

let browser;

/** A page whose console errors and failed requests are collected in `page.problems`. */
export async function openPage(test, url, options = {}) {
  browser ??= await chromium.launch({
    executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
    args: ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync'],
  });
  const context = options.context ?? await browser.newContext(options);
  if (!options.context) test.after(() => context.close());
  const page = await context.newPage();
  page.problems = [];
  page.on('console', message => message.type() === 'error' && page.problems.push(message.text()));
  page.on('pageerror', error => page.problems.push(String(error)));
  await page.goto(url);
  return page;
}

export async function closeBrowser() {
  await browser?.close();
}

/** What axe finds wrong: rule and element, one line each. */
export async function accessibilityProblems(page) {
  // Through the debugger's own context: the page's policy allows no foreign script.
  await page.evaluate(axe.source);
  const { violations } = await page.evaluate(() => globalThis.axe.run());
  return violations.flatMap(({ id, nodes }) => nodes.map(node => `${id}: ${node.html}`));
}

export const level = (page, name) => page.locator('#rows tr', { hasText: name }).locator('.level b').textContent();

