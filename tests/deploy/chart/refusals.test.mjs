// Values that make no sense are refused, with a sentence that says so.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';

import { helm, read, render, CHART, yaml } from './helm.mjs';
import { configKeys } from './program.mjs';

const external = { mysql: { enabled: false }, externalDatabase: { host: 'db.example.org', existingSecret: 'login' } };
const REFUSALS = {
  'an unknown key': [{ portl: {} }, /additional properties 'portl' not allowed/],
  'an unknown key within': [
    { portal: { autoscaling: { requestPerSecond: 1 } } },
    /'\/portal\/autoscaling': additional properties 'requestPerSecond'/,
  ],
  'an unknown key of the configuration': [{ config: { log_lvl: 'info' } }, /'\/config': additional properties 'log_lvl'/],
  'a probe without a name': [{ config: { probes: [{ ttl: '1m' }] } }, /'\/config\/probes\/0': missing property 'name'/],
  'an alert rule without a condition': [{ config: { alerts: { rules: [{ name: 'a' }] } } }, /'\/config\/alerts\/rules\/0': missing property 'when'/],
  'a set without a choice': [{ config: { sets: { a: [] } } }, /'\/config\/sets\/a': minItems: got 0, want 1/],
  'a set with a name that no URL has': [{ config: { sets: { 'a b': ['c/d'] } } }, /'\/config\/sets': additional properties 'a b' not/],
  'text for a number': [{ portal: { replicas: '3' } }, /'\/portal\/replicas': got string, want integer/],
  'no replica': [
    { hardware: { autoscaling: { minReplicas: 0 } } },
    /'\/hardware\/autoscaling\/minReplicas': minimum: got 0, want 1/,
  ],
  'a section that is taken away': [{ portal: { service: null } }, /'\/portal': missing property 'service'/],
  'a mode that is not there': [{ autoscaling: { mode: 'keda' } }, /'\/autoscaling\/mode': value must be one of/],
  'the tag latest': [{ image: { tag: 'latest' } }, /'\/image\/tag'/],
  'a digest that is none': [{ mysql: { image: { digest: 'abc' } } }, /'\/mysql\/image\/digest'/],
  'a duration without a unit': [{ migrate: { databaseWait: '300' } }, /'\/migrate\/databaseWait'/],
  'variables that are no text': [
    { portal: { extraEnv: [{ name: 'A', value: 5 }] } },
    /'\/portal\/extraEnv\/0\/value': got number, want string/,
  ],
  'two databases': [{ externalDatabase: { host: 'db.example.org' } }, /there are two databases: set mysql.enabled to false/],
  'no database': [{ mysql: { enabled: false } }, /there is no database: give externalDatabase.host/],
  'a database without a password': [
    { ...external, externalDatabase: { host: 'db' } },
    /name a Secret in externalDatabase.existingSecret/,
  ],
  'authorities twice': [
    { ...external, externalDatabase: { ...external.externalDatabase, ca: { existingSecret: 'a', existingConfigMap: 'b' } } },
    /has a Secret and a ConfigMap: keep one/,
  ],
  'half a user': [
    { ...external, externalDatabase: { ...external.externalDatabase, migrate: { user: 'owner' } } },
    /needs both user and existingSecret/,
  ],
  'a grace that is too short': [{ terminationGracePeriodSeconds: 14 }, /give it at least lameDuckSeconds and 10/],
  'Prometheus without an address': [{ autoscaling: { mode: 'keda-prometheus' } }, /needs autoscaling.prometheus.serverAddress/],
  'bounds the wrong way round': [
    { portal: { autoscaling: { minReplicas: 20 } } },
    /portal.autoscaling.minReplicas is greater than maxReplicas/,
  ],
  'an Ingress without hosts': [{ ingress: { enabled: true } }, /ingress.hosts is empty/],
  'a route without a gateway': [{ httpRoute: { enabled: true } }, /httpRoute.parentRefs is empty/],
  'a name that no Service may have': [{ fullnameOverride: '1st' }, /the names of Services begin with a letter/],
};

describe('refused', { concurrency: 4 }, () => {
  for (const [name, [values, message]] of Object.entries(REFUSALS))
    test(name, async () => {
      await assert.rejects(render({ values }), error => {
        assert.match(error.stderr, message);
        return true;
      });
    });

  test('an old Kubernetes', async () => {
    await assert.rejects(helm(['template', CHART, '--kube-version', '1.28.0']), /incompatible with Kubernetes v1.28.0/);
  });
});

test('the schema knows the values, and the keys of the configuration that the programs know', () => {
  const schema = JSON.parse(read('deploy/helm/vacancy/values.schema.json'));
  const resolve = part => (part.$ref ? schema.definitions[part.$ref.split('/').at(-1)] : part);
  const keys = part => Object.keys(resolve(part).properties ?? {});
  (function compare(values, part, at) {
    const { properties } = resolve(part);
    if (!properties) return;
    for (const [key, value] of Object.entries(values)) {
      assert.ok(properties[key], `${at}${key} is not in the schema`);
      if (value && typeof value === 'object' && !Array.isArray(value)) compare(value, properties[key], `${at}${key}.`);
    }
  })(yaml(read('deploy/helm/vacancy/values.yaml')), schema, '');
  const { config } = schema.properties;
  for (const [part, section] of [
    [config, 'Config'],
    [config.properties.hardware, 'HardwareConfig'],
    [config.properties.portal, 'PortalConfig'],
    [config.properties.admin, 'ServerConfig'],
  ])
    for (const key of keys(part)) assert.ok(configKeys[section].includes(key), `${section} has no ${key}`);
});

test("the version is the program's", () => {
  const [, version] = read('CMakeLists.txt').match(/^project\(.* VERSION ([0-9.]+) /m);
  assert.equal(yaml(read('deploy/helm/vacancy/Chart.yaml')).appVersion, version);
});
