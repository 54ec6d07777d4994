// A cluster without machines: answers what helm asks an API server before it renders, from a list of objects, and takes what was
// rendered as an API server does, which refuses to change what is immutable.

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import path from 'node:path';

import { KUBERNETES, NAMESPACE, render } from './helm.mjs';
import { isHook, same } from './objects.mjs';

/** What is served: the kinds of the chart's objects, and those that it looks for. */
const KINDS = {
  v1: {
    namespaces: 'Namespace',
    secrets: 'Secret',
    persistentvolumes: 'PersistentVolume',
    services: 'Service',
    pods: 'Pod',
    configmaps: 'ConfigMap',
    serviceaccounts: 'ServiceAccount',
  },
  'apps/v1': { statefulsets: 'StatefulSet', deployments: 'Deployment' },
  'autoscaling/v2': { horizontalpodautoscalers: 'HorizontalPodAutoscaler' },
  'batch/v1': { jobs: 'Job' },
  'networking.k8s.io/v1': { networkpolicies: 'NetworkPolicy' },
  'policy/v1': { poddisruptionbudgets: 'PodDisruptionBudget' },
  'storage.k8s.io/v1': { storageclasses: 'StorageClass' },
};
const OF_NO_NAMESPACE = ['Namespace', 'PersistentVolume', 'StorageClass'];

function resourcesOf(groupVersion, kinds) {
  const resources = Object.entries(kinds).map(([name, kind]) => ({
    name,
    kind,
    singularName: kind.toLowerCase(),
    namespaced: !OF_NO_NAMESPACE.includes(kind),
    verbs: ['get', 'list'],
  }));
  return { kind: 'APIResourceList', apiVersion: 'v1', groupVersion, resources };
}

function groupsOf(kinds) {
  const groups = Object.keys(kinds)
    .filter(version => version.includes('/'))
    .map(groupVersion => {
      const [name, version] = groupVersion.split('/');
      return { name, versions: [{ groupVersion, version }], preferredVersion: { groupVersion, version } };
    });
  return { kind: 'APIGroupList', apiVersion: 'v1', groups };
}

/** The answer for a path: an object, a list, or nothing. */
function answer(pathname, objects, kinds) {
  const [major, minor] = KUBERNETES.split('.');
  if (pathname === '/version') return { major, minor, gitVersion: `v${KUBERNETES}` };
  if (pathname === '/api') return { kind: 'APIVersions', versions: ['v1'] };
  if (pathname === '/apis') return groupsOf(kinds);
  const [, version, rest] = pathname.match(/^\/(?:api\/(?=v1)|apis\/)(v1(?=\/|$)|[^/]+\/[^/]+)\/?(.*)$/) ?? [];
  if (!kinds[version]) return undefined;
  if (rest === '') return resourcesOf(version, kinds[version]);
  const [, namespace, resource, name] = rest.match(/^(?:namespaces\/([^/]+)\/(?=[^/]))?([^/]+)(?:\/([^/]+))?$/) ?? [];
  const kind = kinds[version][resource];
  const those = objects.filter(object => object.kind === kind && object.metadata.namespace === namespace);
  if (name) return those.find(object => object.metadata.name === name);
  return kind && { kind: `${kind}List`, apiVersion: version, metadata: {}, items: those };
}

/** What an object may not change once it is there. */
function fixedOf({ kind, immutable, data, spec }) {
  if (kind === 'Secret') return immutable && data;
  if (kind === 'Deployment') return spec.selector;
  if (kind === 'Service') return spec.clusterIP;
  if (kind !== 'StatefulSet') return undefined;
  const { replicas, template, updateStrategy, revisionHistoryLimit, minReadySeconds, ...rest } = spec;
  return rest;
}

export class Cluster {
  /** `extra`: [version, resource, kind] of other APIs. */
  constructor(objects = [], extra = []) {
    this.objects = [{ apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'kube-system' } }, ...objects];
    this.kinds = { ...KINDS, ...Object.fromEntries(extra.map(([version, resource, kind]) => [version, { [resource]: kind }])) };
  }

  /** Listens until the test ends. */
  async start(test) {
    const missing = { kind: 'Status', apiVersion: 'v1', status: 'Failure', reason: 'NotFound', code: 404, message: 'not found' };
    const server = createServer(({ url }, response) => {
      const found = answer(new URL(url, 'http://cluster').pathname, this.objects, this.kinds);
      response.writeHead(found ? 200 : 404, { 'Content-Type': 'application/json' }).end(JSON.stringify(found ?? missing));
    });
    await new Promise(resolve => server.listen(0, '127.0.0.1', resolve));
    const home = mkdtempSync(path.join(tmpdir(), 'vacancy-cluster-'));
    test.after(() => {
      server.close();
      server.closeAllConnections?.();
      rmSync(home, { recursive: true });
    });
    const config = {
      apiVersion: 'v1',
      kind: 'Config',
      'current-context': 'here',
      clusters: [{ name: 'here', cluster: { server: `http://127.0.0.1:${server.address().port}` } }],
      contexts: [{ name: 'here', context: { cluster: 'here', user: 'somebody', namespace: NAMESPACE } }],
      users: [{ name: 'somebody', user: {} }],
    };
    this.environment = { KUBECONFIG: path.join(home, 'config'), HOME: home };
    writeFileSync(this.environment.KUBECONFIG, JSON.stringify(config));
    return this;
  }

  /** What helm makes of a case with a look at this cluster. */
  render(one = {}, args = []) {
    return render(one, { args: [...args, '--dry-run=server', '--disable-openapi-validation'], env: this.environment });
  }

  find(kind, name) {
    return this.objects.find(object => object.kind === kind && object.metadata.name === name);
  }

  /** Takes a rendering as install, upgrade and rollback do: what is no longer in it goes, unless it is kept. */
  take(rendering) {
    const wanted = structuredClone(rendering.filter(object => !isHook(object)));
    for (const object of wanted) {
      // So that helm knows its own objects when it is installed again.
      const owner = { 'meta.helm.sh/release-name': 'vacancy', 'meta.helm.sh/release-namespace': NAMESPACE };
      object.metadata.annotations = { ...object.metadata.annotations, ...owner };
      const there = this.find(object.kind, object.metadata.name);
      if (there && !same(fixedOf(there), fixedOf(object)))
        throw new Error(`${object.kind} ${object.metadata.name}: a field is immutable`);
      if (object.kind === 'StatefulSet') object.status = { readyReplicas: 1 };
    }
    const names = wanted.map(({ kind, metadata }) => `${kind}/${metadata.name}`);
    const stays = ({ kind, metadata }) =>
      !metadata.namespace || metadata.annotations?.['helm.sh/resource-policy'] === 'keep' || !metadata.labels?.['helm.sh/chart'];
    this.objects = [
      ...this.objects.filter(object => stays(object) && !names.includes(`${object.kind}/${object.metadata.name}`)),
      ...wanted,
    ];
  }
}
