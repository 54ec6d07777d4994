// Whether what names something names what is there: selectors, ports, volumes, secrets, accounts, backends.

import { COMPONENT, WORKLOADS, componentOf, containersOf, find, isHook, ofKind, podsOf, same } from './objects.mjs';
import { selects } from './network.mjs';

const NAME = 'app.kubernetes.io/name';
const INSTANCE = 'app.kubernetes.io/instance';
/** Every Service: its ports with the port of the container behind each, and whether it is headless. */
const SERVICES = {
  portal: { component: 'portal', ports: { http: 5000 }, headless: false },
  'portal-admin': { component: 'portal', ports: { admin: 5010 }, headless: true },
  hardware: { component: 'hardware', ports: { http: 5001 }, headless: true },
  'hardware-admin': { component: 'hardware', ports: { admin: 5011 }, headless: true },
  mysql: { component: 'mysql', ports: { mysql: 3306 }, headless: true },
};
const PORTS = { portal: { http: 5000, admin: 5010 }, hardware: { http: 5001, admin: 5011 }, mysql: { mysql: 3306 } };
const LABEL = /^([A-Za-z0-9]([\w.-]{0,61}[A-Za-z0-9])?)?$/;
const DNS_LABEL = /^[a-z]([-a-z0-9]{0,61}[a-z0-9])?$/;

/** The name that all names of the release begin with. */
export function fullname(objects) {
  return ofKind(objects, 'Deployment')
    .find(object => componentOf(object) === 'portal')
    ?.metadata.name.replace(/-portal$/, '');
}

function nameProblems(objects) {
  const seen = new Set();
  return objects.flatMap(object => {
    const { name = '', namespace, labels = {} } = object.metadata ?? {};
    const id = `${object.kind}/${name}`;
    const wrong = [];
    if (seen.has(id)) wrong.push('is there twice');
    seen.add(id);
    if (!DNS_LABEL.test(name)) wrong.push('the name is not one of DNS with 63 characters at most');
    if (object.kind === 'StatefulSet' && name.length > 52) wrong.push('the name is too long for the label of its revisions');
    const everywhere = ['ClusterRole', 'ClusterRoleBinding'].includes(object.kind);
    if (namespace !== (everywhere ? undefined : 'apps')) wrong.push('is not in the namespace of the release');
    // Two releases in two namespaces must not share it.
    if (everywhere && !name.startsWith('apps-')) wrong.push('is named like that of a release in another namespace');
    for (const key of [NAME, INSTANCE, COMPONENT, 'app.kubernetes.io/version', 'app.kubernetes.io/managed-by', 'helm.sh/chart'])
      if (!labels[key]) wrong.push(`has no label ${key}`);
    for (const pod of WORKLOADS.includes(object.kind) ? podsOf([object]) : [])
      for (const [key, value] of Object.entries({ ...labels, ...pod.labels }))
        if (!LABEL.test(value)) wrong.push(`the label ${key} is '${value}'`);
    return wrong.map(text => `${id}: ${text}`);
  });
}

/** Every selector names the release and one component, and is what the pods' labels are. */
function selectorProblems(objects, one) {
  const pods = podsOf(objects);
  const { [NAME]: name, [INSTANCE]: instance } = ofKind(objects, 'Deployment')[0].metadata.labels;
  const exact = component => ({ [NAME]: name, [INSTANCE]: instance, [COMPONENT]: component });
  const wrong = [];
  if (instance !== (one.release ?? 'vacancy')) wrong.push(`the label ${INSTANCE} is ${instance}, not the release's name`);
  const expect = (what, selector, component) => {
    if (!same(selector, exact(component)))
      wrong.push(`${what}: the selector is ${JSON.stringify(selector)}, not that of ${component}`);
    if (selector && !pods.some(pod => selects({ matchLabels: selector }, pod.labels)))
      wrong.push(`${what}: the selector fits no pod`);
  };
  for (const pod of pods)
    for (const [key, value] of Object.entries(exact(pod.component)))
      if (pod.labels[key] !== value) wrong.push(`${pod.component}: a pod without ${key}=${value}`);
  for (const object of ofKind(objects, 'Deployment', 'StatefulSet')) {
    expect(`${object.kind}/${object.metadata.name}`, object.spec.selector?.matchLabels, componentOf(object));
    if (object.spec.selector?.matchExpressions) wrong.push(`${object.metadata.name}: a selector with expressions`);
    if (podsOf([object])[0].component !== componentOf(object))
      wrong.push(`${object.metadata.name}: its pods are of another component`);
  }
  for (const object of ofKind(objects, 'PodDisruptionBudget'))
    expect(`budget ${object.metadata.name}`, object.spec.selector?.matchLabels, componentOf(object));
  for (const pod of pods)
    for (const { topologyKey, labelSelector } of one.values?.[pod.component]?.topologySpreadConstraints
      ? []
      : (pod.spec.topologySpreadConstraints ?? []))
      expect(`spread of ${pod.component} over ${topologyKey}`, labelSelector?.matchLabels, pod.component);
  for (const object of ofKind(objects, 'NetworkPolicy').filter(policy => componentOf(policy) !== 'default-deny'))
    expect(`policy ${object.metadata.name}`, object.spec.podSelector.matchLabels, componentOf(object));
  // It must not be another release's, or a neighbour's.
  const { [COMPONENT]: none, ...release } = exact();
  for (const { metadata, spec } of ofKind(objects, 'NetworkPolicy', 'ServiceMonitor')) {
    const { matchLabels } = spec.selector ?? spec.podSelector;
    if ((spec.selector || metadata.labels[COMPONENT] === 'default-deny') && !same(matchLabels, release))
      wrong.push(`${metadata.name}: the selector is ${JSON.stringify(matchLabels)}, not that of the release`);
  }
  for (const object of ofKind(objects, 'Service')) {
    const suffix = object.metadata.name.slice(fullname(objects).length + 1);
    expect(`Service ${object.metadata.name}`, object.spec.selector, SERVICES[suffix]?.component);
  }
  return wrong;
}

function serviceProblems(objects, one) {
  const wrong = [];
  for (const [suffix, expected] of Object.entries(SERVICES)) {
    const service = find(objects, 'Service', `${fullname(objects)}-${suffix}`);
    const pod = podsOf(objects).find(({ component }) => component === expected.component);
    if (!service || !pod) {
      if (service || pod || suffix !== 'mysql' || one.mysql !== false) wrong.push(`there is no Service or no pod for ${suffix}`);
      continue;
    }
    const { spec } = service;
    if ((spec.clusterIP === 'None') !== expected.headless) wrong.push(`Service ${suffix}: clusterIP is ${spec.clusterIP}`);
    if (spec.publishNotReadyAddresses) wrong.push(`Service ${suffix}: pods that are not ready are published`);
    const ports = Object.fromEntries(
      (spec.ports ?? []).map(port => [
        port.name,
        containersOf(pod)
          .flatMap(container => container.ports ?? [])
          .find(of => of.name === (port.targetPort ?? port.port))?.containerPort,
      ]),
    );
    if (!same(ports, expected.ports))
      wrong.push(`Service ${suffix}: it leads to ${JSON.stringify(ports)}, not ${JSON.stringify(expected.ports)}`);
    for (const port of spec.ports ?? []) {
      if (port.protocol !== 'TCP') wrong.push(`Service ${suffix}: the protocol is ${port.protocol}`);
      if (expected.headless && port.port !== expected.ports[port.name])
        wrong.push(`Service ${suffix}: a headless one has the port of its pods`);
    }
  }
  const { type = 'ClusterIP', port = 5000, ...rest } = one.values?.portal?.service ?? {};
  const { spec } = find(objects, 'Service', `${fullname(objects)}-portal`) ?? { spec: {} };
  if (spec.type !== type || spec.ports?.[0].port !== port) wrong.push('Service portal: type or port are not those of the values');
  for (const key of ['loadBalancerClass', 'loadBalancerSourceRanges', 'externalTrafficPolicy'])
    if (rest[key] && !same(spec[key], rest[key])) wrong.push(`Service portal: ${key} is not that of the values`);
  if (rest.nodePort && spec.ports?.[0].nodePort !== rest.nodePort)
    wrong.push('Service portal: nodePort is not that of the values');
  return wrong;
}

function portProblems(objects) {
  return podsOf(objects)
    .filter(({ component }) => PORTS[component])
    .flatMap(pod => {
      const ports = Object.fromEntries(
        containersOf(pod)
          .flatMap(({ ports: list = [] }) => list)
          .map(port => [port.name, port.containerPort]),
      );
      return same(ports, PORTS[pod.component]) ? [] : [`${pod.component}: the ports are ${JSON.stringify(ports)}`];
    });
}

function routeProblems(objects, one) {
  const wrong = [];
  const reaches = (what, name, port) => {
    const service = find(objects, 'Service', name);
    if (
      service?.spec.ports.find(of => of.name === port || of.port === port)?.targetPort !== 'http' ||
      name !== `${fullname(objects)}-portal`
    )
      wrong.push(`${what}: ${name} with port ${port} is not the portal`);
  };
  for (const { spec } of ofKind(objects, 'Ingress')) {
    for (const { http } of spec.rules ?? [])
      for (const { backend, path, pathType } of http.paths) {
        reaches('Ingress', backend.service?.name, backend.service?.port?.name ?? backend.service?.port?.number);
        if (path !== '/' || pathType !== 'Prefix') wrong.push(`Ingress: the path is ${pathType} ${path}`);
      }
    const { hosts, tls, className } = one.values.ingress;
    if (
      !same(
        spec.rules?.map(rule => rule.host),
        hosts,
      ) ||
      !same(spec.tls, tls) ||
      spec.ingressClassName !== className
    )
      wrong.push('Ingress: hosts, class or TLS are not those of the values');
  }
  for (const { spec } of ofKind(objects, 'HTTPRoute')) {
    for (const rule of spec.rules) {
      rule.backendRefs.forEach(ref => reaches('HTTPRoute', ref.name, ref.port));
      if (rule.timeouts?.request !== '0s') wrong.push('HTTPRoute: event streams would be cut');
      if (!same(rule.matches, [{ path: { type: 'PathPrefix', value: '/' } }]))
        wrong.push('HTTPRoute: it does not match everything');
    }
    if (!same(spec.parentRefs, one.values.httpRoute.parentRefs) || !same(spec.hostnames, one.values.httpRoute.hostnames))
      wrong.push('HTTPRoute: gateways or names are not those of the values');
  }
  for (const [kind, on] of [
    ['Ingress', one.values?.ingress?.enabled],
    ['HTTPRoute', one.values?.httpRoute?.enabled],
  ])
    if (ofKind(objects, kind).length !== (on ? 1 : 0)) wrong.push(`${kind}: ${ofKind(objects, kind).length} of them`);
  for (const { metadata } of ofKind(objects, 'Ingress')) {
    const nginx = key => metadata.annotations?.[`nginx.ingress.kubernetes.io/${key}`];
    if (!(nginx('proxy-read-timeout') >= 600 && nginx('proxy-send-timeout') >= 600))
      wrong.push('Ingress: requests that wait would be cut');
    if (nginx('proxy-buffering') !== 'off') wrong.push('Ingress: event streams would be held up');
  }
  return wrong;
}

/** The keys of a Secret or ConfigMap, as the pods find them: of this release, or what was there before. */
function keysOf(objects, one, kind, name) {
  const keys = one.outside?.[kind === 'Secret' ? 'secrets' : 'configMaps']?.[name];
  if (keys) return { keys, kept: true };
  const object = find(objects, kind, name);
  return (
    object && {
      keys: Object.keys(object.data ?? {}),
      hook: isHook(object),
      kept: object.metadata.annotations?.['helm.sh/resource-policy'] === 'keep',
    }
  );
}

/** Every Secret and ConfigMap that a pod reads, with the keys. */
function referencesOf(pod) {
  const found = [];
  const add = (kind, name, items) => found.push({ kind, name, keys: items?.map(item => item.key) ?? [] });
  for (const volume of pod.spec.volumes ?? [])
    for (const source of [volume, ...(volume.projected?.sources ?? [])]) {
      if (source.secret) add('Secret', source.secret.secretName ?? source.secret.name, source.secret.items);
      if (source.configMap) add('ConfigMap', source.configMap.name, source.configMap.items);
    }
  for (const { env = [], envFrom = [] } of containersOf(pod)) {
    for (const { valueFrom = {} } of env) {
      if (valueFrom.secretKeyRef) add('Secret', valueFrom.secretKeyRef.name, [valueFrom.secretKeyRef]);
      if (valueFrom.configMapKeyRef) add('ConfigMap', valueFrom.configMapKeyRef.name, [valueFrom.configMapKeyRef]);
    }
    for (const { secretRef, configMapRef } of envFrom) {
      if (secretRef) add('Secret', secretRef.name);
      if (configMapRef) add('ConfigMap', configMapRef.name);
    }
  }
  return found;
}

function referenceProblems(objects, one) {
  return podsOf(objects).flatMap(pod =>
    referencesOf(pod).flatMap(({ kind, name, keys }) => {
      const there = keysOf(objects, one, kind, name);
      if (!there) return [`${pod.component}: there is no ${kind} ${name}`];
      const wrong = keys
        .filter(key => !there.keys.includes(key))
        .map(key => `${pod.component}: the ${kind} ${name} has no key ${key}`);
      // A hook runs before the release's own objects are changed: it may need other hooks, and what is kept for ever.
      if (componentOf(pod.owner) === 'migrate' && !there.hook && !there.kept)
        wrong.push(`${pod.component}: the hook needs the ${kind} ${name}, which is no hook`);
      return wrong;
    }),
  );
}

/** Where the files are that a container sees: the paths of the items of its volumes. */
export function filesOf(pod, container, objects) {
  const volumes = new Map((pod.spec.volumes ?? []).map(volume => [volume.name, volume]));
  const items = source =>
    source.items?.map(item => item.path) ?? Object.keys(find(objects, 'ConfigMap', source.name)?.data ?? {});
  return (container.volumeMounts ?? []).flatMap(({ name, mountPath }) => {
    const volume = volumes.get(name);
    const sources = [volume, ...(volume?.projected?.sources ?? [])]
      .flatMap(source => [source?.secret, source?.configMap])
      .filter(Boolean);
    return sources.flatMap(items).map(file => `${mountPath}/${file}`);
  });
}

function mountProblems(objects) {
  return podsOf(objects).flatMap(pod => {
    const volumes = [
      ...(pod.spec.volumes ?? []),
      ...(pod.owner.spec.volumeClaimTemplates ?? []).map(({ metadata }) => metadata),
    ].map(({ name }) => name);
    const mounted = containersOf(pod).flatMap(({ volumeMounts = [] }) => volumeMounts.map(({ name }) => name));
    const twice = list => list.filter((item, i) => list.indexOf(item) !== i);
    return [
      ...mounted.filter(name => !volumes.includes(name)).map(name => `there is no volume ${name}`),
      ...volumes.filter(name => !mounted.includes(name)).map(name => `nothing mounts the volume ${name}`),
      ...twice(volumes).map(name => `the volume ${name} is there twice`),
      ...containersOf(pod).flatMap(({ env = [], volumeMounts = [] }) =>
        [...twice(env.map(({ name }) => name)), ...twice(volumeMounts.map(({ mountPath }) => mountPath))].map(
          name => `${name} is there twice`,
        ),
      ),
      ...containersOf(pod).flatMap(({ volumeMounts = [] }) =>
        volumeMounts
          .filter(({ mountPath, readOnly }) => /^\/(secrets|etc|database-ca)/.test(mountPath) && !readOnly)
          .map(({ mountPath }) => `${mountPath} can be written to`),
      ),
    ].map(text => `${pod.component}: ${text}`);
  });
}

export function wiringProblems(objects, one) {
  return [nameProblems, selectorProblems, serviceProblems, portProblems, routeProblems, referenceProblems, mountProblems].flatMap(
    check => check(objects, one),
  );
}
