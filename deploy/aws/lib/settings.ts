import { readFileSync } from 'node:fs';
import type { App } from 'aws-cdk-lib';

/** How many tasks a service has: at least, and at most. */
export interface Replicas {
  readonly min: number;
  readonly max: number;
}

/** The context values of docs/aws.md, checked. */
export interface Settings {
  readonly region: string;
  readonly certificateArn: string | undefined;
  readonly alarmEmail: string | undefined;
  /** Per portal task, which the scaling keeps. */
  readonly requestsPerSecond: number;
  readonly portal: Replicas;
  readonly hardware: Replicas;
  readonly natGateways: number;
  readonly databaseClass: string;
  readonly databaseStandby: boolean;
  /** Text of a configuration file of the hardware service. */
  readonly configuration: string | undefined;
  /** Names of Lambda functions that the hardware service may call. */
  readonly functions: readonly string[];
  /** May the hardware service ask EC2, as probes of kind aws do? */
  readonly spotScores: boolean;
}

/** With its secrets' names and the authorities' certificates, a task definition must stay below 64 KB. */
const mostConfigurationBytes = 32 * 1024;

export const names = [
  'region', 'certificateArn', 'alarmEmail', 'requestsPerSecond', 'portalMin', 'portalMax', 'hardwareMin', 'hardwareMax',
  'natGateways', 'databaseClass', 'databaseStandby', 'configFile', 'functions', 'spotScores',
] as const;
type Name = (typeof names)[number];

function fail(name: string, why: string): never {
  throw new Error(`context value '${name}' ${why}`);
}

export function readSettings(app: App): Settings {
  refuseUnknown(app);
  // The command line gives texts, cdk.json values of any type.
  const value = (name: Name): string | undefined => {
    const given: unknown = app.node.tryGetContext(name);
    return given === undefined || given === '' ? undefined : String(given);
  };
  const text = (name: Name, form: RegExp, example: string): string | undefined => {
    const given = value(name);
    if (given !== undefined && !form.test(given)) fail(name, `is '${given}'; it must look like ${example}`);
    return given;
  };
  const number = (name: Name, otherwise: number, least: number, most: number): number => {
    const given = value(name) ?? String(otherwise);
    if (!/^\d+$/.test(given) || Number(given) < least || Number(given) > most)
      fail(name, `is '${given}'; it must be a whole number from ${least} to ${most}`);
    return Number(given);
  };
  const flag = (name: Name, otherwise: boolean): boolean =>
    (text(name, /^(true|false)$/, 'true or false') ?? String(otherwise)) === 'true';
  const replicas = (service: 'portal' | 'hardware'): Replicas => {
    const min = number(`${service}Min`, 2, 1, 1000);
    return { min, max: number(`${service}Max`, Math.max(10, min), min, 1000) };
  };
  const region = text('region', /^[a-z]{2}(-[a-z]+)+-\d$/, 'eu-central-1') ?? 'eu-central-1';
  const certificateArn = text('certificateArn', /^arn:aws:acm:[a-z0-9-]+:\d{12}:certificate\/[\w-]+$/,
    'arn:aws:acm:REGION:ACCOUNT:certificate/ID');
  const certificateRegion = certificateArn?.split(':')[3];
  if (certificateRegion !== undefined && certificateRegion !== region)
    fail('certificateArn', `is of ${certificateRegion}; the load balancer of ${region} needs one of there`);
  return {
    region,
    certificateArn,
    alarmEmail: text('alarmEmail', /^[^\s@]+@[^\s@]+$/, 'somebody@example.org'),
    requestsPerSecond: number('requestsPerSecond', 200, 1, 100_000),
    portal: replicas('portal'),
    hardware: replicas('hardware'),
    natGateways: number('natGateways', 2, 1, 2),
    databaseClass: text('databaseClass', /^[a-z0-9]+\.[a-z0-9]+$/, 't4g.small') ?? 't4g.small',
    databaseStandby: flag('databaseStandby', true),
    configuration: readConfiguration(value('configFile')),
    functions: readFunctions(app.node.tryGetContext('functions')),
    spotScores: flag('spotScores', false),
  };
}

/** Names with a colon or an @ are those of the tools. */
function refuseUnknown(app: App): void {
  for (const name of Object.keys(app.node.getAllContext())) {
    if (name.startsWith('@') || name.includes(':') || (names as readonly string[]).includes(name)) continue;
    fail(name, `is not known; there are ${names.join(', ')}`);
  }
}

function readConfiguration(file: string | undefined): string | undefined {
  if (file === undefined) return undefined;
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    fail('configFile', `is '${file}', which cannot be read: ${(error as Error).message}`);
  }
  if (text.trim() === '') fail('configFile', `is '${file}', which is empty`);
  if (Buffer.byteLength(text) > mostConfigurationBytes)
    fail('configFile', `is '${file}', which is larger than ${mostConfigurationBytes} bytes`);
  return text;
}

function readFunctions(given: unknown): string[] {
  const list = Array.isArray(given) ? given.map(String) : String(given ?? '').split(',');
  const found = list.map((name) => name.trim()).filter((name) => name !== '');
  for (const name of found)
    if (!/^[A-Za-z0-9_-]{1,64}$/.test(name)) fail('functions', `has '${name}'; give names of Lambda functions, separated by commas`);
  return found;
}
