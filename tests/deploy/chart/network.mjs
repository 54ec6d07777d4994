// Who may talk to whom, by the NetworkPolicies of a rendering, against who should.

import { podsOf } from './objects.mjs';

const PORTS = [443, 3306, 3307, 5000, 5001, 5010, 5011];

/** Somebody outside of the release: a pod with its namespace's labels, or an address. */
const STRANGERS = [
  { name: 'neighbour', namespace: 'own', labels: { app: 'other' } },
  { name: 'stranger', namespace: { 'kubernetes.io/metadata.name': 'elsewhere' }, labels: {} },
  { name: 'dns', namespace: { 'kubernetes.io/metadata.name': 'kube-system' }, labels: { 'k8s-app': 'kube-dns' } },
  { name: 'kube-system', namespace: { 'kubernetes.io/metadata.name': 'kube-system' }, labels: {} },
  { name: 'prometheus', namespace: { 'kubernetes.io/metadata.name': 'monitoring' }, labels: {} },
  { name: 'keda', namespace: { 'kubernetes.io/metadata.name': 'keda' }, labels: {} },
  { name: 'allowed', namespace: { 'kubernetes.io/metadata.name': 'x', 'vacancy/metrics': 'allowed' }, labels: {} },
  { name: 'gateway', namespace: { 'kubernetes.io/metadata.name': 'gateways' }, labels: {} },
  { name: 'internet', address: '198.51.100.7' },
  { name: 'database', address: '10.1.2.3' },
  { name: 'node-dns', address: '169.254.20.10' },
];
const METRICS = ['prometheus', 'keda', 'allowed'];

export function selects(selector, labels) {
  const fits = ({ key, operator, values }) =>
    ({
      In: () => values.includes(labels[key]),
      NotIn: () => !values.includes(labels[key]),
      Exists: () => key in labels,
      DoesNotExist: () => !(key in labels),
    })[operator]();
  return (
    Object.entries(selector.matchLabels ?? {}).every(([key, value]) => labels[key] === value) &&
    (selector.matchExpressions ?? []).every(fits)
  );
}

function inBlock(address, { cidr, except = [] }) {
  const number = text => text.split('.').reduce((sum, part) => sum * 256 + Number(part), 0);
  const [base, bits] = cidr.split('/');
  const size = 2 ** (32 - Number(bits));
  return (
    Math.floor(number(address) / size) === Math.floor(number(base) / size) &&
    !except.some(block => inBlock(address, { cidr: block }))
  );
}

function isPeer(peer, who) {
  if (peer.ipBlock) return who.address !== undefined && inBlock(who.address, peer.ipBlock);
  if (who.address !== undefined) return false;
  const there = peer.namespaceSelector
    ? who.namespace !== 'own' && selects(peer.namespaceSelector, who.namespace)
    : who.namespace === 'own';
  return there && (!peer.podSelector || selects(peer.podSelector, who.labels));
}

/** May `pod` exchange this with `other`, by the rules of one direction? */
function allows(policies, pod, direction, other, port, protocol) {
  if (pod.address !== undefined || pod.namespace !== 'own' || !pod.release) return true;
  const [type, rules, peers] = direction === 'in' ? ['Ingress', 'ingress', 'from'] : ['Egress', 'egress', 'to'];
  const those = policies.filter(policy => selects(policy.spec.podSelector, pod.labels) && policy.spec.policyTypes.includes(type));
  const onPort = rule =>
    !rule.ports || rule.ports.some(allowed => allowed.port === port && (allowed.protocol ?? 'TCP') === protocol);
  return (
    those.length === 0 ||
    those.some(policy =>
      (policy.spec[rules] ?? []).some(rule => onPort(rule) && (!rule[peers] || rule[peers].some(peer => isPeer(peer, other)))),
    )
  );
}

/** Every way that is open, as "portal → hardware 5001/TCP". */
function ways(objects, dnsPort) {
  const policies = objects.filter(object => object.kind === 'NetworkPolicy');
  const pods = podsOf(objects).map(({ component, labels }) => ({ name: component, labels, namespace: 'own', release: true }));
  const all = [...pods, ...STRANGERS];
  const open = new Set();
  for (const from of all)
    for (const to of all) {
      if (from === to || !(from.release || to.release)) continue;
      for (const [port, protocol] of [...PORTS.map(port => [port, 'TCP']), [dnsPort, 'UDP'], [dnsPort, 'TCP'], [5001, 'UDP']])
        if (allows(policies, from, 'out', to, port, protocol) && allows(policies, to, 'in', from, port, protocol))
          open.add(`${from.name} → ${to.name} ${port}/${protocol}`);
    }
  return open;
}

/** What one end allows within the release although the other does not: a way that is half open is a mistake, too. */
function halves(objects, one) {
  const policies = objects.filter(object => object.kind === 'NetworkPolicy');
  const pods = podsOf(objects).map(({ component, labels }) => ({ name: component, labels, namespace: 'own', release: true }));
  const anywhere = [one.mysql === false ? (one.values.externalDatabase.port ?? 3306) : 0, one.egress?.port];
  return pods.flatMap(from =>
    pods
      .filter(to => to !== from)
      .flatMap(to =>
        PORTS.filter(port => !(to.name === 'portal' && port === 5000)).flatMap(port => {
          const out = !anywhere.includes(port) && allows(policies, from, 'out', to, port, 'TCP');
          return out || allows(policies, to, 'in', from, port, 'TCP') ? [`${from.name} → ${to.name} ${port}/TCP`] : [];
        }),
      ),
  );
}

/** The ways that there should be, and no others. */
function wanted(one, dnsPort) {
  const { networkPolicy = {}, externalDatabase = {}, migrate = {} } = one.values ?? {};
  const outside = STRANGERS.map(({ name }) => name);
  const open = new Set();
  const add = (froms, tos, port, protocol = 'TCP') =>
    froms.forEach(from => tos.forEach(to => open.add(`${from} → ${to} ${port}/${protocol}`)));
  const clients = migrate.hook === false ? ['hardware'] : ['hardware', 'migrate'];
  add(one.doors ?? outside, ['portal'], 5000);
  add(['portal'], ['hardware'], 5001);
  add(['test'], ['portal'], 5010);
  if (!networkPolicy.metricsFrom) {
    add(METRICS, ['portal'], 5010);
    add(METRICS, ['hardware'], 5011);
  }
  if (one.mysql !== false) add(clients, ['mysql'], 3306);
  else add(clients, externalDatabase.to ? ['database'] : outside, externalDatabase.port ?? 3306);
  const dns = networkPolicy.dns === undefined ? ['dns'] : networkPolicy.dns.to === null ? outside : ['node-dns'];
  for (const protocol of ['UDP', 'TCP']) add(['portal', 'test', ...clients], dns, dnsPort, protocol);
  if (one.egress)
    add(
      ['hardware'],
      outside.filter(name => STRANGERS.find(stranger => stranger.name === name).address),
      one.egress.port,
    );
  return open;
}

export function networkProblems(objects, one) {
  const policies = objects.filter(object => object.kind === 'NetworkPolicy');
  if (one.values?.networkPolicy?.enabled === false)
    return policies.map(policy => `${policy.metadata.name}: policies are switched off`);
  const dnsPort = one.values?.networkPolicy?.dns?.port ?? 53;
  const [is, should] = [ways(objects, dnsPort), wanted(one, dnsPort)];
  const denied = pod =>
    policies.some(
      ({ spec }) =>
        selects(spec.podSelector, pod.labels) &&
        !spec.ingress &&
        !spec.egress &&
        ['Ingress', 'Egress'].every(type => spec.policyTypes.includes(type)),
    );
  return [
    ...halves(objects, one)
      .filter(way => !should.has(way) && !is.has(way))
      .map(way => `network: ${way} is half open`),
    ...[...is].filter(way => !should.has(way)).map(way => `network: ${way} is open`),
    ...[...should].filter(way => !is.has(way)).map(way => `network: ${way} is closed`),
    ...podsOf(objects)
      .filter(pod => !denied(pod))
      .map(pod => `network: no policy denies everything to ${pod.component} by default`),
    ...podsOf(objects)
      .filter(pod => policies.filter(({ spec }) => selects(spec.podSelector, pod.labels)).length < 2)
      .map(pod => `network: ${pod.component} has no policy of its own`),
  ];
}
