// The input of the programs: commands, configuration and environment, against the sources that read them; the database; the
// hooks; what Prometheus and Grafana get.

import { read, yaml } from './helm.mjs';
import { componentOf, containersOf, find, ofKind, podsOf, same } from './objects.mjs';
import { filesOf, fullname } from './wiring.mjs';

const SECTIONS = { '': 'Config', hardware: 'HardwareConfig', portal: 'PortalConfig', http: 'ServerConfig', admin: 'ServerConfig' };
const KEYS = ['admin-token', 'database-password', 'database-root-password'];

/** The keys of each section of the configuration, from the source that has them. */
export const configKeys = Object.fromEntries(
  [...read('src/config/fields.hpp').matchAll(/template <Of<(?:\w+::)?(\w+)> C, class Visit>\nvoid fields\([^]*?\n\}/g)].map(
    ([text, section]) => [section, [...text.matchAll(/visit\("(\w+)"/g)].map(([, key]) => key)],
  ),
);

/** Every path of the configuration that is one value: "hardware.http.port". */
function paths(section = '', prefix = '') {
  return configKeys[SECTIONS[section]].flatMap(key => (key in SECTIONS ? paths(key, `${prefix}${key}.`) : [`${prefix}${key}`]));
}
const VARIABLES = new Set(['VACANCY_CONFIG', ...paths().map(path => `VACANCY_${path.replaceAll('.', '_').toUpperCase()}`)]);

function unknownKeys(config, section, prefix = '') {
  return Object.entries(config).flatMap(([key, value]) => {
    if (!configKeys[SECTIONS[section]].includes(key)) return [`unknown key ${prefix}${key}`];
    return key in SECTIONS ? unknownKeys(value, key, `${prefix}${key}.`) : [];
  });
}

function configProblems(objects, one) {
  return ['portal', 'hardware', 'migrate'].flatMap(component => {
    const map = find(objects, 'ConfigMap', `${fullname(objects)}-${component}`);
    if (!map)
      return component === 'migrate' && one.values?.migrate?.hook === false ? [] : [`there is no configuration of ${component}`];
    const config = yaml(map.data['vacancy.yaml'] ?? 'none: 1');
    const wrong = unknownKeys(config, '');
    if (config.lame_duck !== `${one.lameDuck ?? 5}s`) wrong.push(`lame_duck is ${config.lame_duck}`);
    if (component === 'portal' && !same(config.portal?.hardware_urls, [`http://${fullname(objects)}-hardware:5001`]))
      wrong.push(`hardware_urls is ${config.portal?.hardware_urls}`);
    if (component === 'portal' && (config.probes || config.profiles || config.sets || config.alerts || config.hardware))
      wrong.push('a change of probes, sets or alerts would restart it');
    const { public_url } = one.values?.config?.portal ?? {};
    const links = one.values?.config?.alerts && public_url ? { public_url } : undefined;
    if (component !== 'portal' && !same(config.portal, links)) wrong.push('a change of the portal would restart it');
    const { lameDuckSeconds, ...values } = one.values?.config ?? {};
    for (const [key, value] of Object.entries(values))
      if (
        value !== null &&
        !(component === 'portal' ? ['hardware', 'probes', 'profiles', 'sets', 'alerts'] : ['portal']).includes(key) &&
        !same(key === 'portal' ? { ...config[key], hardware_urls: undefined } : config[key], value)
      )
        wrong.push(`${key} is not that of the values`);
    return wrong.map(text => `configuration of ${component}: ${text}`);
  });
}

/** The environment of each container, less what the values add. */
function environmentOf(component, container, one, full) {
  const { externalDatabase: database = {}, migrate = {} } = one.values ?? {};
  const migrates = container.name === 'migrate';
  const user = (migrates && database.migrate?.user) || (database.user ?? 'vacancy');
  const url =
    one.mysql === false
      ? `mysql://${user}@${database.host}:${database.port ?? 3306}/${database.name ?? 'vacancy'}`
      : `mysql://vacancy@${full}-mysql:3306/vacancy`;
  if (component === 'test') return { VACANCY_ADMIN_ADDRESS: `${full}-portal-admin` };
  if (container.name === 'directory') return {};
  if (component === 'mysql')
    return {
      MYSQL_DATABASE: 'vacancy',
      MYSQL_USER: 'vacancy',
      MYSQL_PASSWORD_FILE: '/secrets/database-password',
      MYSQL_ROOT_PASSWORD_FILE: '/secrets/database-root-password',
      MYSQL_ROOT_HOST: 'localhost',
      MYSQL_INITDB_SKIP_TZINFO: '1',
    };
  const environment = { VACANCY_CONFIG: '/etc/vacancy/vacancy.yaml' };
  if (one.values?.observations?.existingSecret && !migrates)
    environment[`VACANCY_${component.toUpperCase()}_OBSERVER_TOKEN_FILE`] = '/observer/observer-token';
  if (component === 'portal') return environment;
  Object.assign(environment, {
    VACANCY_HARDWARE_DATABASE: url,
    VACANCY_HARDWARE_DATABASE_PASSWORD_FILE: '/secrets/database-password',
  });
  if (migrates) environment.VACANCY_HARDWARE_DATABASE_WAIT = migrate.databaseWait ?? '5m';
  else environment.VACANCY_HARDWARE_ADMIN_TOKEN_FILE = '/secrets/admin-token';
  if (database.ca) environment.VACANCY_HARDWARE_DATABASE_SSL_CA = '/database-ca/ca.crt';
  return environment;
}

function argsOf(component, container, one) {
  if (container.name === 'directory') return [];
  if (container.name === 'migrate') return ['migrate', ...(one.values?.migrate?.sample === false ? [] : ['--sample'])];
  if (component === 'mysql') return ['--skip-name-resolve', ...(one.values?.mysql?.extraArgs ?? [])];
  return component === 'test' ? ['--healthcheck'] : [];
}

function commandProblems(objects, one) {
  return podsOf(objects).flatMap(pod => {
    const names = containersOf(pod).map(({ name }) => name);
    const expected = { hardware: ['migrate', 'hardware'], mysql: ['directory', 'mysql'], test: ['ready'] }[pod.component] ?? [
      pod.component,
    ];
    const wrong = same(names, expected) ? [] : [`the containers are ${names}`];
    for (const container of containersOf(pod)) {
      const extra =
        one.values?.[pod.component]?.extraEnv && container.name === pod.component
          ? one.values[pod.component].extraEnv.map(({ name }) => name)
          : [];
      const environment = Object.fromEntries(
        (container.env ?? []).filter(({ name }) => !extra.includes(name)).map(({ name, value }) => [name, value]),
      );
      const should = environmentOf(pod.component, container, one, fullname(objects));
      if (!same(environment, should))
        wrong.push(`${container.name}: the environment is ${JSON.stringify(environment)}, not ${JSON.stringify(should)}`);
      if (!same(container.args ?? [], argsOf(pod.component, container, one)))
        wrong.push(`${container.name}: the arguments are ${container.args}`);
      if (!same(container.command, container.name === 'directory' ? ['mkdir', '-p', '/volume/data'] : undefined))
        wrong.push(`${container.name}: the command is ${container.command}`);
      for (const { name } of container.env ?? [])
        if (name.startsWith('VACANCY_') && !VARIABLES.has(name)) wrong.push(`${container.name}: the program knows no ${name}`);
      const files = filesOf(pod, container, objects);
      for (const [name, file] of Object.entries(environment))
        if (/_FILE$|_CA$|_CONFIG$/.test(name) && !files.includes(file))
          wrong.push(`${container.name}: ${name} names ${file}, which nothing mounts`);
    }
    return wrong.map(text => `${pod.component}: ${text}`);
  });
}

function secretProblems(objects, one) {
  const secrets = ofKind(objects, 'Secret');
  if (one.values?.secrets?.existing)
    return secrets.map(secret => `the Secret ${secret.metadata.name} is made in spite of an existing one`);
  return [
    ...(secrets.length === 1 ? [] : [`${secrets.length} Secrets`]),
    ...secrets.flatMap(secret => {
      const wrong = [];
      if (secret.metadata.annotations?.['helm.sh/resource-policy'] !== 'keep') wrong.push('helm uninstall takes it away');
      if (secret.immutable !== true) wrong.push('it can be changed');
      if (!same(Object.keys(secret.data ?? {}), KEYS)) wrong.push(`its keys are ${Object.keys(secret.data ?? {})}`);
      const values = Object.values(secret.data ?? {}).map(value => Buffer.from(value, 'base64').toString());
      if (!values.every(value => /^[A-Za-z0-9]{32,}$/.test(value)) || new Set(values).size !== values.length)
        wrong.push('its values are too short, the same, or of letters that SQL would read');
      return wrong.map(text => `Secret: ${text}`);
    }),
  ];
}

function storageProblems(objects, one) {
  const set = find(objects, 'StatefulSet', `${fullname(objects)}-mysql`);
  if ((one.mysql === false) !== !set) return ['the database is there, or is not, unlike the values have it'];
  if (!set) return [];
  const { spec } = set;
  const wrong = [];
  const { size = '8Gi', storageClass, accessModes = ['ReadWriteOnce'] } = one.values?.mysql?.persistence ?? {};
  const kind = one.storage ?? 'claim';
  const claims = (spec.volumeClaimTemplates ?? []).map(({ metadata, spec: claim }) => [metadata.name, claim]);
  const expected = [
    [
      'data',
      { accessModes, ...(storageClass ? { storageClassName: storageClass } : {}), resources: { requests: { storage: size } } },
    ],
  ];
  if (!same(claims, kind === 'claim' ? expected : [])) wrong.push(`its claims are ${JSON.stringify(claims)}`);
  const volume = spec.template.spec.volumes.find(({ name }) => name === 'data');
  if (!same(volume, kind === 'claim' ? undefined : { name: 'data', emptyDir: { sizeLimit: size } }))
    wrong.push(`its volume is ${JSON.stringify(volume)}`);
  const mounts = spec.template.spec.containers[0].volumeMounts.map(({ name, mountPath, subPath }) => [name, mountPath, subPath]);
  for (const mount of [
    ['data', '/var/lib/mysql', 'data'],
    ['tmp', '/tmp'],
    ['run', '/run/mysqld'],
  ])
    if (!mounts.some(is => same(is.filter(Boolean), mount))) wrong.push(`${mount[1]} is not mounted`);
  if (spec.replicas !== 1 || spec.serviceName !== set.metadata.name)
    wrong.push('it is not one pod under the name of its Service');
  if (spec.template.spec.terminationGracePeriodSeconds < 30) wrong.push('it is killed while it writes what it has');
  return wrong.map(text => `StatefulSet: ${text}`);
}

function hookProblems(objects, one) {
  const hooks = objects.filter(({ metadata }) => metadata.annotations?.['helm.sh/hook']);
  const test = hooks.filter(({ metadata }) => metadata.annotations['helm.sh/hook'] === 'test');
  const migrate = hooks.filter(hook => !test.includes(hook));
  const wrong = [];
  if (
    !same(
      test.map(({ kind }) => kind),
      ['Pod'],
    )
  )
    wrong.push('helm test has nothing to do');
  const policies = one.values?.networkPolicy?.enabled === false ? [] : ['NetworkPolicy'];
  const kinds = one.values?.migrate?.hook === false ? [] : ['ConfigMap', 'Job', ...policies];
  if (!same(migrate.map(({ kind }) => kind).sort(), kinds)) wrong.push(`the hooks are ${migrate.map(({ kind }) => kind)}`);
  for (const {
    kind,
    metadata: { annotations },
    spec,
  } of migrate) {
    const policy = annotations['helm.sh/hook-delete-policy'].split(',');
    if (annotations['helm.sh/hook'] !== 'pre-upgrade') wrong.push(`${kind}: it runs at ${annotations['helm.sh/hook']}`);
    if (!policy.includes('before-hook-creation') || !policy.includes('hook-succeeded'))
      wrong.push(`${kind}: it is left behind, or in the way of the next`);
    if (policy.includes('hook-failed') === (kind === 'Job'))
      wrong.push(`${kind}: a failed Job stays for its log, and nothing else`);
    if (Number(annotations['helm.sh/hook-weight']) < 0 === (kind === 'Job')) wrong.push(`${kind}: the Job comes last`);
    if (
      annotations['argocd.argoproj.io/hook'] !== 'Sync' ||
      annotations['argocd.argoproj.io/sync-wave'] !== '1' ||
      annotations['argocd.argoproj.io/hook-delete-policy'] !== 'BeforeHookCreation'
    )
      wrong.push(`${kind}: Argo CD would run it at another time`);
    if (kind === 'Job' && !(spec.backoffLimit <= 3 && spec.activeDeadlineSeconds > 0 && spec.ttlSecondsAfterFinished > 0))
      wrong.push('Job: it may try for ever, or stay for ever');
  }
  const waves = {
    Deployment: { hardware: '2', portal: '3' },
    HorizontalPodAutoscaler: {},
    ScaledObject: {},
    Ingress: {},
    HTTPRoute: {},
  };
  for (const object of ofKind(objects, ...Object.keys(waves))) {
    const wave = waves[object.kind][componentOf(object)] ?? '3';
    if (object.metadata.annotations?.['argocd.argoproj.io/sync-wave'] !== wave)
      wrong.push(`${object.kind} ${object.metadata.name}: it is not of wave ${wave}`);
  }
  return wrong.map(text => `hooks: ${text}`);
}

function monitoringProblems(objects, one) {
  const { monitoring: { labels = {}, serviceMonitor = {}, prometheusRule = {}, dashboard = {} } = {} } = one.values ?? {};
  const wrong = [];
  const monitors = ofKind(objects, 'ServiceMonitor').map(({ metadata, spec }) => {
    const services = ofKind(objects, 'Service').filter(service => {
      const { matchLabels, matchExpressions = [] } = spec.selector;
      return (
        Object.entries(matchLabels).every(([key, value]) => service.metadata.labels[key] === value) &&
        matchExpressions.every(({ key, values }) => values.includes(service.metadata.labels[key]))
      );
    });
    const [{ port, path, relabelings, interval }] = spec.endpoints;
    if (!same(labels, Object.fromEntries(Object.keys(labels).map(key => [key, metadata.labels[key]]))))
      wrong.push(`the ServiceMonitor ${metadata.name} has not the labels of the values`);
    return [
      services
        .filter(service => service.spec.ports.some(({ name }) => name === port))
        .map(({ metadata: { name } }) => name.slice(fullname(objects).length + 1))
        .sort(),
      path,
      relabelings,
      interval,
    ];
  });
  const job = replacement => [{ targetLabel: 'job', replacement }];
  const expected = [
    [['hardware-admin', 'portal-admin'], '/metrics', job('vacancy'), '15s'],
    [['portal-admin'], '/metrics/profiles', job('vacancy-profiles'), '15s'],
  ];
  if (!same(monitors, serviceMonitor.enabled ? expected : [])) wrong.push(`the ServiceMonitors read ${JSON.stringify(monitors)}`);
  const rules = ofKind(objects, 'PrometheusRule').map(({ spec }) => spec);
  if (!same(rules, prometheusRule.enabled ? [yaml(read('deploy/prometheus/rules.yml'))] : []))
    wrong.push('the PrometheusRule is not deploy/prometheus/rules.yml');
  const boards = ofKind(objects, 'ConfigMap').filter(map => componentOf(map) === 'dashboard');
  if (boards.length !== (dashboard.enabled ? 1 : 0)) wrong.push(`${boards.length} dashboards`);
  for (const board of boards)
    if (
      board.metadata.labels.grafana_dashboard !== '1' ||
      !same(JSON.parse(board.data['vacancy.json']), JSON.parse(read('deploy/grafana/vacancy.json')))
    )
      wrong.push('the dashboard is not deploy/grafana/vacancy.json, or has not its label');
  return wrong.map(text => `monitoring: ${text}`);
}

export function programProblems(objects, one) {
  return [configProblems, commandProblems, secretProblems, storageProblems, hookProblems, monitoringProblems].flatMap(check =>
    check(objects, one),
  );
}
