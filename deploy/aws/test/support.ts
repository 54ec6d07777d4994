import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { App } from 'aws-cdk-lib';
import { build } from '../lib/build';

export const repository = path.resolve(__dirname, '../../../..');
export const project = path.join(repository, 'deploy/aws');

// Templates are looked at as plain data.
export type Data = any;

export interface Resource {
  readonly Type: string;
  readonly Properties: Data;
  readonly DependsOn?: readonly string[];
  readonly DeletionPolicy?: string;
  readonly UpdateReplacePolicy?: string;
}

export const certificate = 'arn:aws:acm:eu-central-1:123456789012:certificate/00000000-0000-4000-8000-000000000000';

function newApp(context: Record<string, unknown>, directory: string): App {
  const { context: flags } = JSON.parse(readFileSync(path.join(project, 'cdk.json'), 'utf8')) as { context: object };
  // Without the stack of every call, which takes most of the time.
  return new App({ context: { ...flags, ...context, 'aws:cdk:disable-stack-trace': true }, outdir: directory, analyticsReporting: false });
}

const directories = mkdtempSync(path.join(tmpdir(), 'vacancy-aws-'));
process.on('exit', () => rmSync(directories, { recursive: true, force: true }));

export function newDirectory(): string {
  return mkdtempSync(path.join(directories, 'x'));
}

/** The stacks with some context values. */
export class Synthesis {
  readonly system: Template;
  readonly capacity: Template;
  /** "RULE PATH" of what was acknowledged here, with the reason. */
  readonly acknowledged = new Map<string, string>();
  /** Dockerfile, target and the directory of files of each image, by its hash. */
  readonly images: ReadonlyMap<string, Data>;
  readonly terminationProtection: boolean | undefined;

  constructor(context: Record<string, unknown>) {
    const directory = newDirectory();
    const app = newApp(context, directory);
    build(app);
    const assembly = app.synth();
    this.system = new Template(assembly.getStackByName('Vacancy').template);
    this.capacity = new Template(assembly.getStackByName('VacancyCapacity').template);
    this.terminationProtection = assembly.getStackByName('Vacancy').terminationProtection;
    for (const construct of app.node.findAll())
      for (const entry of construct.node.metadata)
        if (entry.type === 'aws:cdk:acknowledged-rules')
          for (const [rule, reason] of Object.entries(entry.data as Record<string, string>))
            if (rule.includes('AwsSolutions')) this.acknowledged.set(`${rule.replace('Annotation::', '')} ${construct.node.path}`, reason);
    const { dockerImages } = read(directory, 'Vacancy.assets.json');
    this.images = new Map(Object.entries<Data>(dockerImages).map(([hash, { source }]) => [hash, { ...source, directory: path.join(directory, source.directory) }]));
  }
}

const known = new Map<string, Synthesis>();

/** A synthesis takes a second, so each is made once. It fails when something is found that nobody has acknowledged. */
export function synthesise(context: Record<string, unknown> = {}): Synthesis {
  const key = JSON.stringify(context);
  const synthesis = known.get(key) ?? new Synthesis(context);
  known.set(key, synthesis);
  return synthesis;
}

/** "RULE PATH" of what cdk-nag and the checks of CloudFormation find after a change of the stacks. */
export function findings(change: (stacks: ReturnType<typeof build>) => void): string[] {
  const directory = newDirectory();
  const app = newApp({}, directory);
  change(build(app));
  try {
    app.synth();
  } catch (error) {
    if ((error as Error).name !== 'ValidationFailed') throw error;
  }
  return read(directory, 'validation-report.json').pluginReports.flatMap((report: Data) =>
    report.violations.flatMap((violation: Data) =>
      violation.violatingConstructs.map((construct: Data) => `${violation.ruleName} ${construct.constructPath}`)));
}

function read(directory: string, file: string): Data {
  return JSON.parse(readFileSync(path.join(directory, file), 'utf8'));
}

export class Template {
  readonly resources: Readonly<Record<string, Resource>>;

  constructor(readonly template: Data) {
    this.resources = template.Resources;
  }

  /** [logical id, resource] */
  all(type: string): [string, Resource][] {
    return Object.entries(this.resources).filter(([, resource]) => resource.Type === type);
  }

  /** The only one of its type, or the one whose name (without the hash) is given. */
  one(type: string, name?: string): Resource {
    const found = this.all(type).filter(([id]) => name === undefined || nameOf(id) === name);
    if (found.length !== 1) throw new Error(`${found.length} of ${type} ${name ?? ''}`);
    return found[0]![1];
  }

  types(): string[] {
    return [...new Set(Object.values(this.resources).map((resource) => resource.Type))].sort();
  }

  containers(task: string): Map<string, Data> {
    const { ContainerDefinitions } = this.one('AWS::ECS::TaskDefinition', task).Properties;
    return new Map(ContainerDefinitions.map((container: Data) => [container.Name, container]));
  }
}

/** What CloudFormation will put there, as text: <NAME> for a resource of this stack, <NAME.ATTRIBUTE> for one of its attributes. */
export function text(value: Data): string {
  if (typeof value !== 'object') return String(value);
  if (Array.isArray(value)) return value.map(text).join(',');
  if ('Ref' in value) return `<${nameOf(value.Ref)}>`;
  if ('Fn::GetAtt' in value) return `<${nameOf(value['Fn::GetAtt'][0])}.${value['Fn::GetAtt'][1]}>`;
  if ('Fn::Join' in value) return value['Fn::Join'][1].map(text).join(value['Fn::Join'][0]);
  if ('Fn::Sub' in value) return value['Fn::Sub'].replaceAll(/\$\{([^}]*)\}/g, '<$1>');
  return JSON.stringify(value);
}

/** A logical id without the hash that CDK adds. */
export function nameOf(id: string): string {
  return id.replace(/[0-9A-F]{8}$/, '');
}

/** NAME: VALUE of a container's environment. */
export function environment(container: Data): Record<string, string> {
  return Object.fromEntries((container.Environment ?? []).map(({ Name, Value }: Data) => [Name, text(Value)]));
}

export function attributes(list: Data): Record<string, string> {
  return Object.fromEntries(list.map(({ Key, Value }: Data) => [Key, text(Value)]));
}

/** 10s, 1m30s: seconds. */
export function seconds(duration: string): number {
  const units: Record<string, number> = { ms: 0.001, s: 1, m: 60, h: 3600 };
  return [...duration.matchAll(/(\d+)(ms|s|m|h)/g)].reduce((sum, [, number, unit]) => sum + Number(number) * units[unit!]!, 0);
}
