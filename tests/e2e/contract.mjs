// Holds answers against docs/openapi.yaml: what it does not describe is a defect of the program or of the description.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';

import Ajv from 'ajv/dist/2020.js';
import formats from 'ajv-formats';
import { parse } from 'yaml';

const description = parse(readFileSync(new URL('../../docs/openapi.yaml', import.meta.url), 'utf8'));

// Clients must ignore keys that they do not know; a test must not, else nobody would describe new ones.
(function close(schema) {
  if (typeof schema !== 'object' || schema === null) return;
  if (schema.type === 'object' && schema.properties) schema.additionalProperties ??= false;
  Object.values(schema).forEach(close);
})(description.components.schemas);

const ajv = formats(new Ajv({ allowUnionTypes: true, strictRequired: false }))
  .addVocabulary(['example', ...Object.keys(description)]);
ajv.addSchema(description, 'api', undefined, false);

const resolved = part => (part?.$ref ? part.$ref.slice(2).split('/').reduce((at, key) => at[key], description) : part);
const pointer = keys => `api#/${keys.map(key => encodeURIComponent(key.replaceAll('~', '~0').replaceAll('/', '~1'))).join('/')}`;

const templates = Object.keys(description.paths)
  .map(path => ({ path, pattern: new RegExp(`^${path.replaceAll('.', '\\.').replaceAll(/\{\w+\}/g, '[^/]+')}$`) }))
  .sort((a, b) => a.path.includes('{') - b.path.includes('{'));  // a literal path goes before a template

/** Throws unless `value` is what components/schemas/`name` says. */
export function assertSchema(name, value) {
  const validate = ajv.getSchema(pointer(['components', 'schemas', name]));
  assert.ok(validate(value), `${name}: ${ajv.errorsText(validate.errors)} in ${JSON.stringify(value)}`);
}

function described(method, pathname, status) {
  const [problem, page] = ['Problem', 'ProblemPage']
    .map(name => ({ response: description.components.responses[name], at: ['components', 'responses', name] }));
  const path = templates.find(({ pattern }) => pattern.test(pathname))?.path;
  const verb = method === 'HEAD' ? 'get' : method.toLowerCase();
  if (!path) return status === 404 && page;
  if (!description.paths[path][verb]) return status === 405 && problem;
  const part = description.paths[path][verb].responses[status];
  if (!part) return undefined;
  const at = part.$ref ? part.$ref.slice(2).split('/') : ['paths', path, verb, 'responses', String(status)];
  return { response: resolved(part), at };
}

/** What the description does not say of an answer, in sentences. `headers` has names in lower case, as Headers or an object. */
export function undescribed({ method, url, status, headers, body }) {
  const header = name => headers.get?.(name) ?? headers[name] ?? undefined;
  const where = `${method} ${url}: ${status}`;
  const found = described(method, new URL(url).pathname, status);
  if (!found) return [`${where} is not described`];
  const problems = Object.keys(found.response.headers ?? {})
    .filter(name => header(name.toLowerCase()) === undefined)
    .map(name => `${where} has no ${name}`);
  const { content } = found.response;
  const type = header('content-type')?.split(';')[0];
  if (!content) return body ? [...problems, `${where} has a body`] : problems;
  if (!content[type]) return [...problems, `${where} is ${type}, not ${Object.keys(content).join(' or ')}`];
  if (method === 'HEAD') return body ? [...problems, `${where} has a body`] : problems;
  if (body === undefined) return problems;
  const validate = ajv.getSchema(pointer([...found.at, 'content', type, 'schema']));
  if (validate(type.endsWith('json') ? JSON.parse(body) : body)) return problems;
  return [...problems, `${where} differs: ${ajv.errorsText(validate.errors)} in ${body.slice(0, 400)}`];
}

/** fetch() whose answer must be described: {status, headers, text, json()}. A stream is read until the event that `until` is in. */
export async function ask(url, { until, ...init } = {}) {
  const abort = new AbortController();
  const response = await fetch(url, { redirect: 'error', signal: abort.signal, ...init });
  const { status, headers } = response;
  let text = '';
  if (until) {
    const decoder = new TextDecoder();
    for await (const chunk of response.body) {
      text += decoder.decode(chunk, { stream: true });
      if (text.includes(until) && text.endsWith('\n\n')) break;
    }
    abort.abort();
  } else {
    text = await response.text();
  }
  assert.deepEqual(undescribed({ method: init.method ?? 'GET', url, status, headers, body: text }), []);
  return { status, headers, text, json: () => JSON.parse(text) };
}
