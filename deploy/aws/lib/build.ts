import { type App, Tags, Validations } from 'aws-cdk-lib';
import { AwsSolutionsChecks } from 'cdk-nag';
import { Capacity } from './capacity';
import { readSettings } from './settings';
import { System } from './system';

/** The stacks, checked by cdk-nag: a finding that nobody has acknowledged fails the synthesis. */
export function build(app: App): { system: System; capacity: Capacity } {
  const settings = readSettings(app);
  // No account: the zones are then asked for when the stack is deployed, and nothing at synthesis.
  const env = { region: settings.region };
  const system = new System(app, 'Vacancy', { env, settings, terminationProtection: true });
  const capacity = new Capacity(app, 'VacancyCapacity', { env });
  Tags.of(app).add('application', 'vacancy');
  Validations.of(app).addPlugins(new AwsSolutionsChecks(app));
  return { system, capacity };
}
