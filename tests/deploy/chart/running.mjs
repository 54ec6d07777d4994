// How pods begin, end, are replaced, protected and counted.

import { componentOf, find, longRunning, ofKind, podsOf, same } from './objects.mjs';
import { fullname } from './wiring.mjs';

const ADMIN = { portal: 5010, hardware: 5011 };
const PROGRAMS = Object.keys(ADMIN);
/** What is measured of each, and the target per replica unless the values say otherwise. */
const SIGNALS = {
  portal: [
    {
      metric: 'vacancy_offered_requests_per_second',
      query: 'sum(rate(vacancy_offered_requests_total{*}[1m]))',
      key: 'requestsPerSecond',
      target: 200,
    },
    { metric: 'vacancy_event_streams', query: 'sum(vacancy_event_streams{*})', key: 'eventStreams', target: 2000 },
  ],
  hardware: [
    {
      metric: 'vacancy_probe_slots_used_ratio',
      query: 'sum(vacancy_probe_slots_used_ratio{*})',
      key: 'probeSlotsPercent',
      target: 80,
      unit: 100,
    },
  ],
};

const ASK =
  'exec "$(command -v mysql || command -v mariadb)" --defaults-extra-file=<(printf \'[client]\\npassword=%s\\n\' ' +
  '"$(cat /secrets/database-password)") --host=127.0.0.1 --user=vacancy --execute=\'SELECT 1\' vacancy';

const scalingOf = one => one.scaling ?? 'cpu';
const boundsOf = (one, component) => ({ minReplicas: 2, maxReplicas: 10, ...one.values?.[component]?.autoscaling });

function probeProblems(pod) {
  const [container] = pod.spec.containers;
  const wrong = [];
  const expect = (kind, path) => {
    const { httpGet = {} } = container[kind] ?? {};
    const port = container.ports?.find(({ name }) => name === httpGet.port)?.containerPort ?? httpGet.port;
    if (httpGet.path !== path || port !== ADMIN[pod.component]) wrong.push(`${kind} asks ${httpGet.path} on port ${port}`);
    if (httpGet.host || httpGet.scheme) wrong.push(`${kind} asks elsewhere`);
  };
  for (const kind of ['startupProbe', 'readinessProbe', 'livenessProbe'])
    if (!(container[kind]?.timeoutSeconds >= 3)) wrong.push(`${kind} waits for an answer for less than 3 s`);
  if (pod.component === 'mysql') {
    for (const kind of ['startupProbe', 'readinessProbe'])
      if (!same(container[kind]?.exec?.command, ['bash', '-c', ASK]))
        wrong.push(`${kind} does not ask the database over TCP, as the service's user`);
    if (container.livenessProbe?.tcpSocket?.port !== 'mysql') wrong.push('livenessProbe does not ask port mysql');
  } else {
    expect('startupProbe', '/healthz');
    expect('readinessProbe', '/readyz');
    expect('livenessProbe', '/healthz');
  }
  const lasts = kind => (container[kind]?.periodSeconds ?? 10) * (container[kind]?.failureThreshold ?? 3);
  if (lasts('startupProbe') < 90) wrong.push('startupProbe gives up before the database was waited for');
  if (lasts('livenessProbe') < 30) wrong.push('livenessProbe is impatient');
  if (lasts('readinessProbe') > 15) wrong.push('readinessProbe is slow');
  return wrong.map(text => `${pod.component}: ${text}`);
}

function rolloutProblems(objects, one) {
  const { lameDuck = 5 } = one;
  return PROGRAMS.flatMap(component => {
    const deployment = find(objects, 'Deployment', `${fullname(objects)}-${component}`);
    if (!deployment) return [`there is no Deployment ${component}`];
    const { spec } = deployment;
    const { type, rollingUpdate = {} } = spec.strategy ?? {};
    const wrong = [];
    if (type !== 'RollingUpdate' || rollingUpdate.maxUnavailable !== 0)
      wrong.push('a rollout takes pods away before there are others');
    if (!same(rollingUpdate.maxSurge, one.values?.[component]?.maxSurge ?? 1))
      wrong.push(`maxSurge is ${rollingUpdate.maxSurge}`);
    if (!(spec.minReadySeconds >= 5)) wrong.push(`minReadySeconds is ${spec.minReadySeconds}`);
    if (!(spec.progressDeadlineSeconds > 600)) wrong.push(`progressDeadlineSeconds is ${spec.progressDeadlineSeconds}`);
    if (spec.template.spec.terminationGracePeriodSeconds < lameDuck + 10) wrong.push('it is killed before it has ended');
    const scaled = scalingOf(one) !== 'none';
    if (scaled && 'replicas' in spec) wrong.push('replicas takes back what the autoscaler has set');
    if (!scaled && spec.replicas !== (one.values?.[component]?.replicas ?? 2)) wrong.push(`replicas is ${spec.replicas}`);
    const spread = spec.template.spec.topologySpreadConstraints ?? [];
    if (
      !one.values?.[component]?.topologySpreadConstraints &&
      !same(
        spread.map(({ topologyKey, whenUnsatisfiable, maxSkew, matchLabelKeys }) => [
          topologyKey,
          whenUnsatisfiable,
          maxSkew,
          matchLabelKeys,
        ]),
        ['topology.kubernetes.io/zone', 'kubernetes.io/hostname'].map(key => [key, 'ScheduleAnyway', 1, ['pod-template-hash']]),
      )
    )
      wrong.push('its pods are not spread over zones and nodes');
    for (const [key, value] of Object.entries(component === 'portal' && one.annotations ? one.annotations : {}))
      if (spec.template.metadata.annotations?.[key] !== value)
        wrong.push(`the annotation ${key} is ${spec.template.metadata.annotations?.[key]}`);
    if (!/^[0-9a-f]{64}$/.test(spec.template.metadata.annotations?.['checksum/config']))
      wrong.push('a change of its configuration would not restart it');
    return wrong.map(text => `Deployment ${component}: ${text}`);
  });
}

function budgetProblems(objects, one) {
  const budgets = ofKind(objects, 'PodDisruptionBudget');
  return PROGRAMS.flatMap(component => {
    const own = budgets.filter(budget => componentOf(budget) === component);
    const replicas = scalingOf(one) === 'none' ? (one.values?.[component]?.replicas ?? 2) : boundsOf(one, component).minReplicas;
    if (own.length !== (replicas > 1 ? 1 : 0))
      return [`${own.length} disruption budgets for ${replicas} replicas of ${component}`];
    return own.flatMap(({ spec }) => {
      const wrong = [];
      const { minAvailable } = one.values?.[component]?.podDisruptionBudget ?? {};
      const expected = minAvailable ? { minAvailable } : { maxUnavailable: 1 };
      const { selector, unhealthyPodEvictionPolicy, ...is } = spec;
      if (!same(is, expected))
        wrong.push(`the disruption budget of ${component} is ${JSON.stringify(is)}, not ${JSON.stringify(expected)}`);
      if (unhealthyPodEvictionPolicy !== 'AlwaysAllow')
        wrong.push(`${component}: pods that are not ready keep a node from being emptied`);
      return wrong;
    });
  });
}

function behaviorProblems(behavior) {
  const wrong = [];
  for (const [direction, least, most] of [
    ['scaleUp', 0, 60],
    ['scaleDown', 300, 3600],
  ]) {
    const { stabilizationWindowSeconds: window, policies = [], selectPolicy } = behavior?.[direction] ?? {};
    if (!(window >= least && window <= most) || selectPolicy !== 'Max' || policies.length === 0)
      wrong.push(`its ${direction} is not said, or unfit`);
    if (
      policies.some(
        ({ type, value, periodSeconds }) => !['Pods', 'Percent'].includes(type) || !(value > 0) || !(periodSeconds > 0),
      )
    )
      wrong.push(`a policy of its ${direction} is wrong`);
  }
  return wrong;
}

function hpaProblems(hpa, component, one) {
  const { minReplicas, maxReplicas } = boundsOf(one, component);
  const wrong = behaviorProblems(hpa.spec.behavior);
  if (hpa.apiVersion !== 'autoscaling/v2') wrong.push(`it is of ${hpa.apiVersion}`);
  if (hpa.spec.minReplicas !== minReplicas || hpa.spec.maxReplicas !== maxReplicas)
    wrong.push('its bounds are not those of the values');
  const cpu = [{ type: 'Resource', resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization: 70 } } }];
  const pods = SIGNALS[component].map(({ metric, key, target, unit = 1 }) => ({
    type: 'Pods',
    pods: {
      metric: { name: metric },
      target: { type: 'AverageValue', averageValue: `${((boundsOf(one, component)[key] ?? target) * 1000) / unit}m` },
    },
  }));
  if (!same(hpa.spec.metrics, scalingOf(one) === 'cpu' ? cpu : pods))
    wrong.push(`its metrics are ${JSON.stringify(hpa.spec.metrics)}`);
  return wrong;
}

function scaledObjectProblems(scaled, component, one, objects) {
  const { spec } = scaled;
  const { minReplicas, maxReplicas } = boundsOf(one, component);
  const wrong = behaviorProblems(spec.advanced?.horizontalPodAutoscalerConfig?.behavior);
  if (spec.minReplicaCount !== minReplicas || spec.maxReplicaCount !== maxReplicas || 'idleReplicaCount' in spec)
    wrong.push('its bounds are not those of the values');
  if (!same(spec.fallback, { failureThreshold: 3, replicas: minReplicas, behavior: 'currentReplicasIfHigher' }))
    wrong.push(`its fallback is ${JSON.stringify(spec.fallback)}`);
  const { prometheus = {}, keda = {} } = one.values?.autoscaling ?? {};
  if (spec.pollingInterval !== (keda.pollingInterval ?? 15)) wrong.push(`its pollingInterval is ${spec.pollingInterval}`);
  const service = `${fullname(objects)}-${component}-admin`;
  const series = prometheus[`${component}Selector`] ?? `namespace="apps",service="${service}"`;
  const expected = SIGNALS[component].map(({ metric, query, key, target, unit = 1 }) => {
    const value = String((boundsOf(one, component)[key] ?? target) / unit);
    return scalingOf(one) === 'keda-prometheus'
      ? {
          type: 'prometheus',
          metricType: 'AverageValue',
          metadata: {
            serverAddress: prometheus.serverAddress,
            query: query.replace('*', series),
            threshold: value,
            ignoreNullValues: 'false',
          },
        }
      : {
          type: 'metrics-api',
          metricType: 'AverageValue',
          metadata: {
            url: `http://${service}.apps.svc:${ADMIN[component]}/metrics`,
            format: 'prometheus',
            valueLocation: metric,
            aggregateFromKubeServiceEndpoints: 'true',
            aggregationType: 'sum',
            targetValue: value,
          },
        };
  });
  if (!same(spec.triggers, expected))
    wrong.push(`its triggers are ${JSON.stringify(spec.triggers)}, not ${JSON.stringify(expected)}`);
  return wrong;
}

function scalingProblems(objects, one) {
  const mode = scalingOf(one);
  const [hpas, scaled] = [ofKind(objects, 'HorizontalPodAutoscaler'), ofKind(objects, 'ScaledObject')];
  const [wanted, unwanted] = mode.startsWith('keda') ? [scaled, hpas] : [hpas, scaled];
  if (unwanted.length || wanted.length !== (mode === 'none' ? 0 : 2))
    return [`${hpas.length} HPAs and ${scaled.length} ScaledObjects in mode ${mode}`];
  return wanted.flatMap(scaler => {
    const component = componentOf(scaler);
    const target = { apiVersion: 'apps/v1', kind: 'Deployment', name: `${fullname(objects)}-${component}` };
    const wrong =
      scaler.kind === 'ScaledObject'
        ? scaledObjectProblems(scaler, component, one, objects)
        : hpaProblems(scaler, component, one);
    if (!same(scaler.spec.scaleTargetRef, target)) wrong.push(`it scales ${JSON.stringify(scaler.spec.scaleTargetRef)}`);
    return wrong.map(text => `${scaler.kind} ${component}: ${text}`);
  });
}

export function runningProblems(objects, one) {
  return [
    ...longRunning(objects).flatMap(probeProblems),
    ...rolloutProblems(objects, one),
    ...budgetProblems(objects, one),
    ...scalingProblems(objects, one),
    ...podsOf(objects)
      .filter(({ owner, spec }) => ['Job', 'Pod'].includes(owner.kind) && spec.restartPolicy !== 'Never')
      .map(pod => `${pod.component}: it is not run once`),
  ];
}
