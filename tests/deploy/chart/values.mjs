// Whether what the values give arrives: labels, annotations, placement, environment, volumes, resources, accounts.

import { COMPONENT, containersOf, find, podsOf, same } from './objects.mjs';
import { fullname } from './wiring.mjs';

const OF_SELECTORS = ['app.kubernetes.io/name', 'app.kubernetes.io/instance', COMPONENT];

/** Those of `given` that `there` has not, as text. */
function missing(given, there, what) {
  return Object.entries(given ?? {})
    .filter(([key, value]) => !OF_SELECTORS.includes(key) && there?.[key] !== String(value))
    .map(([key]) => `${what} ${key} is ${there?.[key]}`);
}

const lacks = (given, there, what) =>
  (given ?? [])
    .filter(item => !(there ?? []).some(is => same(is, item)))
    .map(item => `it has no ${what} ${JSON.stringify(item)}`);

function podProblems(pod, values, objects) {
  const container = pod.spec.containers[0];
  const account = find(objects, 'ServiceAccount', pod.spec.serviceAccountName);
  const { serviceAccount: { create = true, name, annotations } = {} } = values;
  const expected = name || (create ? `${fullname(objects)}-${pod.component}` : 'default');
  return [
    ...['nodeSelector', 'tolerations', 'affinity', 'priorityClassName']
      .filter(key => values[key] && !same(pod.spec[key], values[key]))
      .map(key => `${key} is ${JSON.stringify(pod.spec[key])}`),
    ...(values.topologySpreadConstraints && !same(pod.spec.topologySpreadConstraints, values.topologySpreadConstraints)
      ? ['its spread is another']
      : []),
    ...(values.resources && !same(container.resources, values.resources) ? ['its resources are others'] : []),
    ...missing(values.podLabels, pod.labels, 'the label'),
    ...missing(values.podAnnotations, pod.annotations, 'the annotation'),
    ...lacks(values.extraEnv, container.env, 'variable'),
    ...lacks(values.extraEnvFrom, container.envFrom, 'source of variables'),
    ...lacks(values.extraVolumes, pod.spec.volumes, 'volume'),
    ...lacks(values.extraVolumeMounts, container.volumeMounts, 'mount'),
    ...(pod.spec.serviceAccountName === expected
      ? []
      : [`its service account is ${pod.spec.serviceAccountName}, not ${expected}`]),
    ...(create && !account
      ? ['its service account is not made']
      : missing(annotations, account?.metadata.annotations, 'the annotation of its account')),
  ].map(text => `${pod.component}: ${text}`);
}

export function valueProblems(objects, one) {
  const { values = {} } = one;
  const pods = podsOf(objects);
  return [
    ...pods
      .filter(({ component }) => ['portal', 'hardware', 'mysql'].includes(component))
      .flatMap(pod => podProblems(pod, values[pod.component] ?? {}, objects)),
    ...pods.flatMap(pod => [
      ...missing(values.commonLabels, pod.labels, `${pod.component}: the label`),
      ...missing(values.commonAnnotations, pod.annotations, `${pod.component}: the annotation`),
      ...lacks(
        values.image?.pullSecrets?.map(name => ({ name })),
        pod.spec.imagePullSecrets,
        'secret to pull with',
      ),
    ]),
    ...objects.flatMap(({ kind, metadata }) => [
      ...missing(values.commonLabels, metadata.labels, `${kind} ${metadata.name}: the label`),
      ...missing(values.commonAnnotations, metadata.annotations, `${kind} ${metadata.name}: the annotation`),
    ]),
    ...[
      ['Service', values.portal?.service],
      ['Ingress', values.ingress],
      ['HTTPRoute', values.httpRoute],
    ].flatMap(([kind, given]) =>
      missing(
        given?.annotations,
        find(objects, kind, `${fullname(objects)}-portal`)?.metadata.annotations,
        `${kind}: the annotation`,
      ),
    ),
  ];
}
