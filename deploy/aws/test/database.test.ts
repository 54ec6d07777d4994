// The database, and how its password and the admin token reach the service.
import assert from 'node:assert/strict';
import { X509Certificate } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { authorities } from '../lib/authorities';
import { type Data, environment, newDirectory, synthesise, text } from './support';

const { system } = synthesise();
const instance = system.one('AWS::RDS::DBInstance');
const hardware = system.containers('HardwareTask');
const all = [...hardware, ...system.containers('PortalTask')];

function certificates(pem: string): X509Certificate[] {
  return (pem.match(/-----BEGIN CERTIFICATE-----[^-]*-----END CERTIFICATE-----\n/g) ?? []).map((one) => new X509Certificate(one));
}

test('the database is MySQL, encrypted, protected, backed up, and outlives the stack', () => {
  const { Properties } = instance;
  assert.deepEqual([Properties.Engine, Properties.DBName, Properties.Port], ['mysql', 'vacancy', '3306']);
  assert.match(Properties.EngineVersion, /^8\.4\./);
  assert.equal(Properties.StorageEncrypted, true);
  assert.equal(Properties.DeletionProtection, true);
  assert.equal(Properties.MultiAZ, true);
  assert.equal(Properties.AutoMinorVersionUpgrade, true);
  assert.equal(Properties.CopyTagsToSnapshot, true);
  assert.equal(Properties.DeleteAutomatedBackups, false);
  assert.ok(Properties.BackupRetentionPeriod >= 7);
  assert.ok(Properties.MaxAllocatedStorage > Number(Properties.AllocatedStorage));
  assert.deepEqual([instance.DeletionPolicy, instance.UpdateReplacePolicy], ['Snapshot', 'Snapshot']);
  assert.equal(Properties.DBInstanceClass, 'db.t4g.small');
});

test('a cheaper database is one without a standby, and nothing less', () => {
  const cheap = synthesise({ databaseStandby: 'false', databaseClass: 't4g.micro' });
  const { Properties } = cheap.system.one('AWS::RDS::DBInstance');
  assert.deepEqual([Properties.MultiAZ, Properties.DBInstanceClass], [false, 'db.t4g.micro']);
  assert.deepEqual([Properties.StorageEncrypted, Properties.DeletionProtection], [true, true]);
});

test('connections are encrypted: the server takes no others, and its certificate is checked', () => {
  const parameters = system.one('AWS::RDS::DBParameterGroup').Properties;
  assert.equal(text(instance.Properties.DBParameterGroupName), '<DatabaseParameters>');
  assert.equal(parameters.Family, 'mysql8.4');
  assert.deepEqual(parameters.Parameters, { require_secure_transport: '1' });
  assert.equal(instance.Properties.CACertificateIdentifier, 'rds-ca-rsa2048-g1');

  const pem = environment(hardware.get('secrets')).DATABASE_AUTHORITIES!;
  const found = certificates(pem);
  const names = found.map(({ subject }) => /^CN=(.*)$/m.exec(subject)![1]).sort();
  assert.deepEqual(names, ['ECC384', 'RSA2048', 'RSA4096'].map((kind) => `Amazon RDS eu-central-1 Root CA ${kind} G1`));
  for (const certificate of found) {
    assert.ok(certificate.ca && certificate.verify(certificate.publicKey), 'an authority of its own');
    assert.ok(new Date(certificate.validTo) > new Date());
  }
  assert.equal(found.map(String).join('').length, pem.length, 'and nothing else');
});

test('the authorities are those of the region', () => {
  const { system } = synthesise({ region: 'us-east-1' });
  const found = certificates(environment(system.containers('HardwareTask').get('secrets')).DATABASE_AUTHORITIES!);
  assert.equal(found.length, 3);
  for (const { subject } of found) assert.match(subject, /CN=Amazon RDS us-east-1 Root CA/);
  assert.throws(() => authorities('us-nowhere-1'), /'region' is 'us-nowhere-1', where RDS has no authorities/);
  assert.throws(() => authorities('us-east-1', new Date('2500-01-01')), /no authorities/);
});

test('secrets are made in Secrets Manager, and nowhere else', () => {
  const secrets = system.all('AWS::SecretsManager::Secret').map(([, { Properties }]) => {
    assert.equal('SecretString' in Properties, false);
    assert.ok(Properties.GenerateSecretString.PasswordLength >= 30);
    return Properties.GenerateSecretString;
  });
  assert.equal(secrets.length, 2);
  assert.deepEqual(secrets.map((one: Data) => one.SecretStringTemplate), ['{"username":"vacancy"}', undefined]);
  assert.match(text(instance.Properties.MasterUserPassword), /^\{\{resolve:secretsmanager:<VacancyDatabaseInstanceSecret[0-9A-Fa-f]*>:SecretString:password::\}\}$/);
  assert.equal(instance.Properties.MasterUsername, 'vacancy');
  // The one place where CloudFormation itself looks into a secret.
  assert.equal(JSON.stringify(system.template).match(/\{\{resolve:/g)?.length, 1);
});

test('one container gets the secrets, by reference; no other has any', () => {
  const given = all.flatMap(([name, { Secrets }]) => (Secrets ?? []).map((secret: Data) => `${name} ${secret.Name} ${text(secret.ValueFrom)}`));
  assert.deepEqual(given.sort(), [
    'secrets ADMIN_TOKEN <HardwareAdminToken>',
    'secrets DATABASE_PASSWORD <DatabaseInstanceSecretAttachment>:password::',
  ]);
});

test('the variables of all containers are these, and none holds a secret', () => {
  const database = {
    VACANCY_HARDWARE_ADMIN_TOKEN_FILE: '/secrets/application/admin-token',
    VACANCY_HARDWARE_DATABASE: 'mysql://vacancy@<DatabaseInstance.Endpoint.Address>:3306/vacancy',
    VACANCY_HARDWARE_DATABASE_PASSWORD_FILE: '/secrets/application/database-password',
    VACANCY_HARDWARE_DATABASE_SSL_CA: '/secrets/application/database-authorities.pem',
    VACANCY_LAME_DUCK: '15s',
  };
  assert.deepEqual(environment(hardware.get('hardware')), database);
  assert.deepEqual(environment(hardware.get('migrate')), database);
  assert.deepEqual(environment(system.containers('PortalTask').get('portal')), {
    VACANCY_LAME_DUCK: '10s',
    VACANCY_PORTAL_FIRST_SNAPSHOT_WAIT: '15s',
    VACANCY_PORTAL_HARDWARE_URLS: 'http://hardware.vacancy.internal:5001',
    VACANCY_PORTAL_HTTP_IDLE_TIMEOUT: '90s',
  });
  assert.deepEqual(Object.keys(environment(hardware.get('secrets'))), ['DATABASE_AUTHORITIES']);
  assert.deepEqual(Object.keys(environment(hardware.get('cloudwatch-agent'))).sort(), ['CW_CONFIG_CONTENT', 'PROMETHEUS_CONFIG_CONTENT']);
  for (const [name, container] of all)
    for (const [variable, value] of Object.entries(environment(container))) assert.doesNotMatch(value, /Secret|resolve:/, `${name} ${variable}`);
});

test('what is written is what the service reads', () => {
  const configured = environment(hardware.get('hardware'));
  assert.deepEqual(hardware.get('secrets').Command, [
    'secrets',
    '--from-environment', 'DATABASE_PASSWORD', configured.VACANCY_HARDWARE_DATABASE_PASSWORD_FILE,
    '--from-environment', 'ADMIN_TOKEN', configured.VACANCY_HARDWARE_ADMIN_TOKEN_FILE,
    '--from-environment', 'DATABASE_AUTHORITIES', configured.VACANCY_HARDWARE_DATABASE_SSL_CA,
  ]);
});

test('a configuration file reaches the service whole, and the largest fits into a task definition', () => {
  const configFile = path.join(newDirectory(), 'vacancy.yaml');
  const content = `profiles: [our-cluster/gpu]\n# ${'ü'.repeat(16 * 1024 - 20)}\n`;
  writeFileSync(configFile, content);
  const { system } = synthesise({ configFile });
  const containers = system.containers('HardwareTask');
  assert.equal(environment(containers.get('secrets')).CONFIGURATION, content);
  assert.deepEqual(containers.get('secrets').Command.slice(-3), ['--from-environment', 'CONFIGURATION', '/secrets/application/vacancy.yaml']);
  for (const name of ['hardware', 'migrate']) assert.equal(environment(containers.get(name)).VACANCY_CONFIG, '/secrets/application/vacancy.yaml');
  assert.ok(Buffer.byteLength(JSON.stringify(system.one('AWS::ECS::TaskDefinition', 'HardwareTask').Properties)) < 60 * 1024);
});
