// Changes from one rendering to the next: with a look at a cluster, over upgrades, rollbacks and uninstalls.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';

import { problemsOf } from './checks.mjs';
import { Cluster } from './cluster.mjs';
import { changed } from './copy.mjs';
import { CHART, NAMESPACE, helm, render } from './helm.mjs';
import { find, ofKind, podsOf } from './objects.mjs';

const UPGRADE = ['--is-upgrade'];
const storageClass = { apiVersion: 'storage.k8s.io/v1', kind: 'StorageClass', metadata: { name: 'standard' } };
const disk = { apiVersion: 'v1', kind: 'PersistentVolume', metadata: { name: 'disk-1' } };

const secretsOf = objects => find(objects, 'Secret', 'vacancy-secrets').data;
const volumeOf = objects => (find(objects, 'StatefulSet', 'vacancy-mysql').spec.volumeClaimTemplates ? 'claim' : 'emptyDir');
const refused = (promise, message) =>
  assert.rejects(promise, error => {
    assert.match(error.stderr, message);
    return true;
  });

describe('a release', { concurrency: 4 }, () => {
  test('keeps its secrets over upgrade, rollback and a new installation, and leaves nothing else', async t => {
    const cluster = await new Cluster([storageClass]).start(t);
    const first = await cluster.render();
    assert.deepEqual(await problemsOf(first, {}), []);
    cluster.take(first);
    const second = await cluster.render({ values: { config: { log_level: 'debug' }, portal: { maxSurge: 2 } } }, UPGRADE);
    cluster.take(second);
    cluster.take(first); // helm rollback
    cluster.take([]); // helm uninstall
    const left = cluster.objects.filter(({ metadata }) => metadata.namespace);
    assert.deepEqual(
      left.map(({ kind, metadata }) => `${kind}/${metadata.name}`),
      ['Secret/vacancy-secrets'],
    );
    const third = await cluster.render();
    cluster.take(third);
    assert.deepEqual([secretsOf(second), secretsOf(third)], [secretsOf(first), secretsOf(first)]);
  });

  test('goes from the trial database to an external one and back', async t => {
    const cluster = await new Cluster([storageClass]).start(t);
    const external = { mysql: { enabled: false }, externalDatabase: { host: 'db.example.org', existingSecret: 'db-login' } };
    const trial = await cluster.render();
    cluster.take(trial);
    cluster.take(await cluster.render({ values: external }, UPGRADE));
    assert.equal(cluster.find('StatefulSet', 'vacancy-mysql'), undefined);
    const back = await cluster.render({}, UPGRADE);
    cluster.take(back);
    assert.deepEqual(secretsOf(back), secretsOf(trial));
  });

  test('that is rendered without a look at the cluster cannot change the secrets', async () => {
    const cluster = new Cluster();
    cluster.take(await render({}));
    const again = await render({});
    assert.throws(() => cluster.take(again), /Secret vacancy-secrets: a field is immutable/);
  });

  test('of a newer chart changes nothing that is immutable, and starts no pod anew', async t => {
    const newer = text => text.replace(/^version: .*/m, 'version: 9.9.9').replace(/^appVersion: .*/m, 'appVersion: 9.9.9');
    const chart = changed(t, 'Chart.yaml', newer);
    const one = { values: { image: { tag: '1.2.3' }, secrets: { existing: 'mine' } } };
    const [before, after] = await Promise.all([render(one), render(one, { chart })]);
    const cluster = new Cluster();
    cluster.take(before);
    cluster.take(after);
    const podsIn = objects =>
      podsOf(objects)
        .filter(({ owner }) => owner.kind !== 'Pod')
        .map(({ owner }) => owner.spec.template);
    assert.deepEqual(podsIn(after), podsIn(before));
  });

  test('starts pods anew when their configuration changes, and only theirs', async () => {
    const probes = [{ name: 'simulated', ttl: '10s' }];
    const [before, after] = await Promise.all([render({}), render({ values: { config: { probes, sets: { a: ['Amazon/*'] }, alerts: { quiet_hours: ['Sun'] } } } })]);
    const checksum = (objects, name) => find(objects, 'Deployment', name).spec.template.metadata.annotations['checksum/config'];
    assert.equal(checksum(after, 'vacancy-portal'), checksum(before, 'vacancy-portal'));
    assert.notEqual(checksum(after, 'vacancy-hardware'), checksum(before, 'vacancy-hardware'));
  });

  test('has secrets of its own, other ones each time', async () => {
    const [one, other] = await Promise.all([render({}), render({})]);
    assert.notDeepEqual(secretsOf(one), secretsOf(other));
  });
});

describe('the volume of the database', { concurrency: 4 }, () => {
  const auto = (name, objects, expected) =>
    test(`${name}: ${expected}`, async t => {
      const cluster = await new Cluster(objects).start(t);
      assert.equal(volumeOf(await cluster.render()), expected);
    });
  auto('a cluster with a StorageClass', [storageClass], 'claim');
  auto('a cluster with a PersistentVolume', [disk], 'claim');
  auto('a bare cluster', [], 'emptyDir');

  test('stays what it was', async t => {
    const cluster = await new Cluster().start(t);
    cluster.take(await cluster.render());
    cluster.objects.push(storageClass);
    assert.equal(volumeOf(await cluster.render({}, UPGRADE)), 'emptyDir');
    const forced = { values: { mysql: { persistence: { kind: 'claim' } } } };
    await refused(
      cluster.render(forced, UPGRADE),
      /kind is claim, and the StatefulSet vacancy-mysql has been made with: emptyDir/,
    );
  });

  test('of a claim stays one when the last StorageClass goes', async t => {
    const cluster = await new Cluster([storageClass]).start(t);
    cluster.take(await cluster.render());
    cluster.objects = cluster.objects.filter(({ kind }) => kind !== 'StorageClass');
    assert.equal(volumeOf(await cluster.render({}, UPGRADE)), 'claim');
  });

  test('that goes with its pod is told of', async t => {
    const notes = async objects => {
      const { environment: env } = await new Cluster(objects).start(t);
      const args = ['--namespace', NAMESPACE, '--dry-run=server', '--disable-openapi-validation'];
      return helm(['install', 'vacancy', CHART, ...args], { env });
    };
    assert.match(await notes([]), /THE DATA IS LOST[^]*since this cluster has neither a StorageClass nor a PersistentVolume/);
    assert.match(await notes([storageClass]), /No StorageClass of this cluster is the default one/);
    const annotations = { 'storageclass.kubernetes.io/is-default-class': 'true' };
    const quiet = await notes([{ ...storageClass, metadata: { name: 'standard', annotations } }]);
    assert.doesNotMatch(quiet, /THE DATA IS LOST|No StorageClass/);
  });
});

describe('the migration before an upgrade', { concurrency: 4 }, () => {
  const jobs = objects => ofKind(objects, 'Job').length;

  test('waits for no database of the chart that is down, since the upgrade may be what brings it up', async t => {
    const cluster = await new Cluster([storageClass]).start(t);
    cluster.take(await cluster.render());
    assert.equal(jobs(await cluster.render({}, UPGRADE)), 1);
    cluster.find('StatefulSet', 'vacancy-mysql').status = { readyReplicas: 0 };
    assert.equal(jobs(await cluster.render({}, UPGRADE)), 0);
  });

  test('waits for no database that the upgrade brings', async t => {
    const cluster = await new Cluster([storageClass]).start(t);
    const external = { mysql: { enabled: false }, externalDatabase: { host: 'db.example.org', existingSecret: 'db-login' } };
    cluster.take(await cluster.render({ values: external }));
    assert.equal(jobs(await cluster.render({ values: external }, UPGRADE)), 1);
    assert.equal(jobs(await cluster.render({}, UPGRADE)), 0);
  });
});

describe('what the numbers of replicas follow is seen', { concurrency: 4 }, () => {
  for (const [name, extra, kind] of [
    ['KEDA', [['keda.sh/v1alpha1', 'scaledobjects', 'ScaledObject']], 'ScaledObject'],
    ['nothing', [], 'HorizontalPodAutoscaler'],
  ])
    test(`with ${name} installed`, async t => {
      const cluster = await new Cluster([storageClass], extra).start(t);
      assert.equal(ofKind(await cluster.render(), kind).length, 2);
    });

  test('with custom metrics served', async t => {
    const cluster = await new Cluster([storageClass], [['custom.metrics.k8s.io/v1beta1', 'pods', 'MetricValueList']]).start(t);
    assert.equal(ofKind(await cluster.render(), 'HorizontalPodAutoscaler')[0].spec.metrics[0].type, 'Pods');
  });
});
