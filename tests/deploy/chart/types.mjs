// Holds objects against the published types: those of Kubernetes by the OpenAPI description in @kubernetes/client-node, those
// of custom resources by the interfaces that were made of their schemas. Unknown and missing keys, and values of another type,
// are problems; so are words that are none of those that a field may have, which kubernetes-models has of the built-in types.

import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const packages = fileURLToPath(new URL('node_modules', import.meta.url));
const official = path.join(packages, '@kubernetes/client-node/dist/gen/models');
const CUSTOM = {
  'keda.sh': '@kubernetes-models/keda',
  'monitoring.coreos.com': '@kubernetes-models/prometheus-operator',
  'gateway.networking.k8s.io': '@kubernetes-models/gateway-api',
};

/** Reads a type as TypeScript writes it: {union}, {list}, {map}, {fields}, {literal} or {name}. */
class TypeReader {
  constructor(text) {
    this.tokens = text.match(/"[^"]*"|'[^']*'|[A-Za-z_$][\w.$]*|[{}[\]<>|:;?,]/g) ?? [];
  }

  next(expected) {
    const token = this.tokens.shift();
    if (expected && token !== expected) throw new Error(`'${expected}' expected, not '${token}'`);
    return token;
  }

  union() {
    if (this.tokens[0] === '|') this.next();
    const parts = [this.one()];
    while (this.tokens[0] === '|') {
      this.next();
      parts.push(this.one());
    }
    return parts.length === 1 ? parts[0] : { union: parts };
  }

  one() {
    const token = this.next();
    let type = { name: token };
    if (token === '{') type = this.members();
    else if (/^["']/.test(token)) type = { literal: token.slice(1, -1) };
    else if (token === 'Array' || token === 'Set') {
      this.next('<');
      type = { list: this.union() };
      this.next('>');
    }
    while (this.tokens[0] === '[' && this.tokens[1] === ']') {
      this.tokens.splice(0, 2);
      type = { list: type };
    }
    return type;
  }

  members() {
    const fields = new Map();
    let map;
    while (this.tokens[0] !== '}') {
      const token = this.next();
      if (token === '[') {
        while (this.next() !== ']');
        this.next(':');
        map = this.union();
      } else {
        const optional = this.tokens[0] === '?' && this.next();
        this.next(':');
        fields.set(token.replace(/^["']|["']$/g, ''), { type: this.union(), required: !optional });
      }
      if (this.tokens[0] === ';' || this.tokens[0] === ',') this.next();
    }
    this.next('}');
    return map ? { map } : { fields };
  }
}

function cached(make) {
  const made = new Map();
  return key => {
    if (!made.has(key)) made.set(key, make(key));
    return made.get(key);
  };
}

const readType = cached(text => new TypeReader(text).union());

/** A model of client-node: types and names are in its map, what is required in its declaration. */
const officialModel = cached(name => {
  const file = path.join(official, `${name}.js`);
  if (!existsSync(file)) return undefined;
  const map = JSON.parse(readFileSync(file, 'utf8').match(/\.attributeTypeMap = (\[[\s\S]*?\]);\n/)[1]);
  const declared = readFileSync(path.join(official, `${name}.d.ts`), 'utf8');
  return {
    fields: new Map(
      map.map(({ name: field, baseName, type, format }) => [
        baseName,
        { type: readType(type), format, required: declared.includes(`    '${field}': `), resolve: officialModel },
      ]),
    ),
  };
});

/** A file of kubernetes-models: one interface or name for a type; other files have those that it imports. */
const customModel = cached(file => {
  const text = readFileSync(file, 'utf8').replaceAll(/\/\*[\s\S]*?\*\//g, '');
  const imports = new Map();
  for (const [, names, from] of text.matchAll(/^import \{ ([^}]*) \} from "([^"]*)";$/gm))
    for (const name of names.split(', '))
      imports.set(
        name,
        from.startsWith('.')
          ? path.join(path.dirname(file), from.replace(/\.js$/, '.d.ts'))
          : path.join(packages, `${from}.d.ts`),
      );
  const resolve = name => (imports.has(name) ? customModel(imports.get(name)) : undefined);
  const [, bases, body] = text.match(/^export interface I\w+(?: extends ([\w, ]+))? (\{[\s\S]*?^\})/m) ?? [];
  if (!body) return { alias: readType(text.match(/^export type I\w+ = ([\s\S]*?);$/m)[1]), resolve };
  const inherited = (bases?.split(', ') ?? []).filter(base => base !== 'TypeMeta').flatMap(base => [...resolve(base).fields]);
  const own = [...readType(body).fields].map(([key, field]) => [key, { ...field, resolve }]);
  return { fields: new Map([...inherited, ...own]), resolve };
});

const SCALARS = { string: 'string', number: 'number', boolean: 'boolean', Date: 'string', V1MicroTime: 'string' };

class Check {
  /** `words`: only whether each word is one that the field may have. */
  constructor(words) {
    this.words = words;
    this.problems = [];
  }

  problem(at, text) {
    if (!this.words) this.problems.push(`${at}: ${text}`);
  }

  value(value, type, resolve, at, format) {
    if (value === null || value === undefined) return this.problem(at, 'has no value');
    if (type.literal !== undefined || type.union) return this.union(value, type, resolve, at);
    if (type.list) return this.list(value, type.list, resolve, at);
    if (type.map) return this.map(value, type.map, resolve, at);
    if (type.fields) return this.fields(value, type.fields, at);
    return this.named(value, type.name, resolve, at, format);
  }

  named(value, name, resolve, at, format) {
    if (['any', 'unknown', 'object', 'Record'].includes(name)) return;
    if (name === 'IntOrString') {
      if (typeof value !== 'string' && !Number.isInteger(value))
        this.problem(at, `${JSON.stringify(value)} is neither number nor text`);
    } else if (SCALARS[name]) {
      if (typeof value !== SCALARS[name]) this.problem(at, `${JSON.stringify(value)} is no ${SCALARS[name]}`);
      else if (format?.startsWith('int') && format !== 'int-or-string' && !Number.isInteger(value))
        this.problem(at, `${value} is not whole`);
    } else {
      const model = resolve(name);
      if (!model) this.problem(at, `the type ${name} is not known here`);
      else if (model.fields) this.fields(value, model.fields, at);
      else this.value(value, model.alias, model.resolve, at);
    }
  }

  union(value, type, resolve, at) {
    const parts = type.union ?? [type];
    const literals = parts.filter(part => part.literal !== undefined).map(part => part.literal);
    if (literals.length === parts.length) {
      if (!literals.includes(value)) this.problems.push(`${at}: ${JSON.stringify(value)} is none of ${literals.join(', ')}`);
      return;
    }
    const tried = parts.map(part => {
      const check = new Check(this.words);
      check.value(value, part, resolve, at);
      return check.problems;
    });
    if (!tried.some(problems => problems.length === 0)) this.problems.push(...tried[0]);
  }

  list(value, type, resolve, at) {
    if (!Array.isArray(value)) return this.problem(at, 'is no list');
    value.forEach((item, i) => this.value(item, type, resolve, `${at}[${i}]`));
  }

  map(value, type, resolve, at) {
    if (typeof value !== 'object' || Array.isArray(value)) return this.problem(at, 'is no mapping');
    for (const [key, item] of Object.entries(value)) this.value(item, type, resolve, `${at}.${key}`);
  }

  fields(value, fields, at) {
    if (typeof value !== 'object' || Array.isArray(value)) return this.problem(at, 'is no mapping');
    for (const [key, item] of Object.entries(value)) {
      const field = fields.get(key);
      if (field) this.value(item, field.type, field.resolve ?? (() => undefined), `${at}.${key}`, field.format);
      else this.problem(at, `unknown key '${key}'`);
    }
    for (const [key, { required }] of fields) if (required && !(key in value)) this.problem(at, `the key '${key}' is missing`);
  }
}

function checked(object, model, words) {
  const check = new Check(words);
  check.value(object, model.fields ? { fields: model.fields } : model.alias, model.resolve, object.kind);
  return check.problems;
}

/** What a published schema says beyond types: patterns, limits. */
async function schemaProblems(object, module) {
  const { [object.kind]: Model } = await import(module);
  try {
    new Model(object).validate();
    return [];
  } catch (error) {
    return [`${object.kind}: ${error.message}`];
  }
}

/** What is wrong with an object by the published types. */
export async function typeProblems(object) {
  const { apiVersion = '', kind = '' } = object;
  const [group, version] = apiVersion.includes('/') ? apiVersion.split('/') : ['', apiVersion];
  const module = path.posix.join(CUSTOM[group] ?? 'kubernetes-models', group, version, kind);
  const file = path.join(packages, `${module}.d.ts`);
  if (!existsSync(file)) return [`${kind}: there is no ${kind} in ${apiVersion}`];
  if (CUSTOM[group]) return [...checked(object, customModel(file), false), ...(await schemaProblems(object, module))];
  const model = officialModel(`${version[0].toUpperCase()}${version.slice(1)}${kind}`);
  if (!model) return [`${kind}: there is no ${kind} in ${apiVersion} any more`];
  return [...checked(object, model, false), ...checked(object, customModel(file), true)];
}
