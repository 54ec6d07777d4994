// Containers, how they start and end, and how they are replaced.
import assert from 'node:assert/strict';
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { attributes, type Data, environment, nameOf, seconds, synthesise, text } from './support';

const synthesis = synthesise();
const { system } = synthesis;
const portal = system.containers('PortalTask');
const hardware = system.containers('HardwareTask');
const containers = [...portal, ...hardware];
const services = system.all('AWS::ECS::Service');

test('a container may do nothing but its work', () => {
  assert.deepEqual(containers.map(([name]) => name).sort(), ['cloudwatch-agent', 'hardware', 'migrate', 'portal', 'secrets']);
  const users: Record<string, string> = { secrets: '0:10001', 'cloudwatch-agent': '0:0' };
  for (const [name, container] of containers) {
    assert.equal(container.User, users[name] ?? '10001:10001', name);
    assert.equal(container.ReadonlyRootFilesystem, true, name);
    assert.equal(container.Privileged, false, name);
    assert.deepEqual(container.LinuxParameters, { Capabilities: { Drop: ['ALL'] }, InitProcessEnabled: true }, name);
    assert.equal(container.LogConfiguration.LogDriver, 'awslogs', name);
    const group = text(container.LogConfiguration.Options['awslogs-group']).slice(1, -1);
    assert.ok(system.one('AWS::Logs::LogGroup', group), name);
  }
  for (const [id, { Properties }] of system.all('AWS::ECS::TaskDefinition')) {
    assert.equal(Properties.NetworkMode, 'awsvpc', id);
    assert.deepEqual(Properties.RequiresCompatibilities, ['FARGATE'], id);
  }
  for (const [id, { Properties }] of services) assert.notEqual(Properties.EnableExecuteCommand, true, id);
});

test('only the writer of secrets and the agent may write, each to its volume', () => {
  const mounts = containers.flatMap(([name, { MountPoints }]) =>
    (MountPoints ?? []).map((mount: Data) => `${name} ${mount.SourceVolume} ${mount.ContainerPath} ${mount.ReadOnly ? 'read' : 'write'}`));
  assert.deepEqual(mounts.sort(), [
    'cloudwatch-agent agent /opt/aws/amazon-cloudwatch-agent/etc write',
    'hardware secrets /secrets/application read',
    'migrate secrets /secrets/application read',
    'secrets secrets /secrets/application write',
  ]);
  const { Volumes } = system.one('AWS::ECS::TaskDefinition', 'HardwareTask').Properties;
  assert.deepEqual(Volumes, [{ Name: 'secrets' }, { Name: 'agent' }]);
});

test('secrets are written, then the database is migrated, then the service starts', () => {
  const order = [...hardware].flatMap(([name, { DependsOn }]) =>
    (DependsOn ?? []).map((dependency: Data) => `${name} after ${dependency.ContainerName} ${dependency.Condition}`));
  assert.deepEqual(order.sort(), [
    'cloudwatch-agent after hardware START',
    'hardware after migrate SUCCESS',
    'hardware after secrets SUCCESS',
    'migrate after secrets SUCCESS',
  ]);
  for (const [name, container] of containers) {
    // Those that end, and the agent, do not end the task.
    assert.equal(container.Essential, ['hardware', 'portal'].includes(name), name);
    // A migration takes as long as it takes.
    assert.equal(container.StartTimeout, undefined, name);
  }
  assert.deepEqual(hardware.get('migrate').Command, ['migrate', '--sample']);
  assert.equal(hardware.get('hardware').Command, undefined);
  assert.equal(portal.get('portal').Command, undefined);
  // The first portals become ready only when there is a hardware service to follow.
  assert.ok(system.one('AWS::ECS::Service', 'PortalService').DependsOn?.some((id) => nameOf(id) === 'HardwareService'));
});

test('a new task is healthy before an old one goes, and a failed deployment is taken back', () => {
  assert.equal(services.length, 2);
  for (const [id, { Properties }] of services) {
    const { MinimumHealthyPercent, MaximumPercent, DeploymentCircuitBreaker } = Properties.DeploymentConfiguration;
    assert.deepEqual([MinimumHealthyPercent, MaximumPercent], [100, 200], id);
    assert.deepEqual(DeploymentCircuitBreaker, { Enable: true, Rollback: true }, id);
    assert.equal(Properties.DeploymentController, undefined, `${id} rolls`);
    // With a number here, each deployment would undo what the scaling has done.
    assert.equal('DesiredCount' in Properties, false, id);
  }
});

test('the programs say whether they are healthy', () => {
  const check = (container: Data) => container.HealthCheck;
  assert.deepEqual(check(portal.get('portal')).Command, ['CMD', '/usr/bin/portal', '--healthcheck']);
  assert.deepEqual(check(hardware.get('hardware')).Command, ['CMD', '/usr/bin/hardware', '--healthcheck']);
  for (const { HealthCheck } of [portal.get('portal'), hardware.get('hardware')]) {
    assert.ok(HealthCheck.Timeout < HealthCheck.Interval);
    assert.ok(HealthCheck.StartPeriod >= 60);
  }
  // A failover of the database takes up to two minutes, in which its clients are not ready.
  const { Interval, Retries } = check(hardware.get('hardware'));
  assert.ok(Interval * Retries > 120 && Retries <= 10);
});

test('requests go to those portals alone that are ready and not about to end', () => {
  const target = system.one('AWS::ElasticLoadBalancingV2::TargetGroup').Properties;
  assert.deepEqual([target.Protocol, target.Port, target.TargetType], ['HTTP', 5000, 'ip']);
  assert.deepEqual([target.HealthCheckPort, target.HealthCheckPath, target.Matcher], ['5010', '/readyz', { HttpCode: '200' }]);
  const { LoadBalancers } = system.one('AWS::ECS::Service', 'PortalService').Properties;
  assert.deepEqual(LoadBalancers.map((one: Data) => [one.ContainerName, one.ContainerPort, text(one.TargetGroupArn)]), [['portal', 5000, '<PortalTargets>']]);
});

test('times fit together, so that no request meets a closed door', () => {
  const balancer = attributes(system.one('AWS::ElasticLoadBalancingV2::LoadBalancer').Properties.LoadBalancerAttributes);
  const target = attributes(system.one('AWS::ElasticLoadBalancingV2::TargetGroup').Properties.TargetGroupAttributes);
  const idle = Number(balancer['idle_timeout.timeout_seconds']);
  const portalTimes = environment(portal.get('portal'));
  assert.ok(idle > 60, 'GET /api/v1/wait may say nothing for 60 s');
  assert.ok(seconds(portalTimes.VACANCY_PORTAL_HTTP_IDLE_TIMEOUT!) > idle, 'the load balancer closes idle connections first');
  assert.ok(Number(target['deregistration_delay.timeout_seconds']) >= 60, 'answers under way may end');
  assert.equal(target['stickiness.enabled'], 'false');
  assert.ok(seconds(portalTimes.VACANCY_LAME_DUCK!) >= 5);

  const [record] = system.one('AWS::ServiceDiscovery::Service').Properties.DnsConfig.DnsRecords;
  const lameDuck = seconds(environment(hardware.get('hardware')).VACANCY_LAME_DUCK!);
  assert.ok(lameDuck > record.TTL + 5, 'portals ask every 5 s for names that hold for the TTL');
  for (const [name, container] of containers) {
    const lame = seconds(environment(container).VACANCY_LAME_DUCK ?? '0s');
    assert.ok(container.StopTimeout >= lame + 10 && container.StopTimeout <= 120, name);
  }
});

test('the portal finds each hardware task by the name in Cloud Map', () => {
  const namespace = system.one('AWS::ServiceDiscovery::PrivateDnsNamespace').Properties;
  const registered = system.one('AWS::ServiceDiscovery::Service').Properties;
  assert.equal(text(namespace.Vpc), '<NetworkVpc>');
  assert.equal(environment(portal.get('portal')).VACANCY_PORTAL_HARDWARE_URLS, `http://${registered.Name}.${namespace.Name}:5001`);
  assert.deepEqual(registered.DnsConfig.DnsRecords.map((record: Data) => record.Type), ['A']);
  assert.equal(registered.DnsConfig.RoutingPolicy, 'MULTIVALUE');
  const { ServiceRegistries } = system.one('AWS::ECS::Service', 'HardwareService').Properties;
  assert.deepEqual(ServiceRegistries.map((one: Data) => text(one.RegistryArn)), ['<HardwareServiceCloudmapService.Arn>']);
  const open = (name: string) => (new Map(containers).get(name).PortMappings ?? []).map((mapping: Data) => mapping.ContainerPort);
  assert.deepEqual([open('hardware'), open('portal')], [[5001], [5000, 5010]]);
});

test('the images are those of our Dockerfile, of what it takes and nothing else', () => {
  const targets: Record<string, string> = { portal: 'portal', hardware: 'hardware', migrate: 'hardware', secrets: 'hardware' };
  for (const [name, target] of Object.entries(targets)) {
    const [, hash] = /:([0-9a-f]{64})$/.exec(text(new Map(containers).get(name).Image)) ?? [];
    const source = synthesis.images.get(hash!);
    assert.deepEqual([source.dockerFile, source.dockerBuildTarget, source.platform], ['deploy/docker/Dockerfile', target, 'linux/amd64'], name);
    assert.deepEqual(readdirSync(source.directory).sort(),
      ['.dockerignore', 'CMakeLists.txt', 'CMakePresets.json', 'cmake', 'db', 'deploy', 'docs', 'script', 'src', 'web']);
    assert.deepEqual(readdirSync(path.join(source.directory, 'deploy')), ['docker']);
    const dockerfile = readFileSync(path.join(source.directory, source.dockerFile), 'utf8');
    const copied = [...dockerfile.matchAll(/^COPY (?!--from)(.*) \S+$/gm)].flatMap(([, files]) => files!.split(' '));
    assert.ok(copied.length > 20);
    for (const file of copied) {
      const [beginning] = path.basename(file).split('*');
      assert.ok(readdirSync(path.join(source.directory, path.dirname(file))).some((one) => one.startsWith(beginning!)), file);
    }
    assert.ok(!existsSync(path.join(source.directory, 'src/app/app_test.cpp')));
  }
  assert.equal(synthesis.images.size, 2);
  assert.match(hardware.get('cloudwatch-agent').Image, /^public\.ecr\.aws\/cloudwatch-agent\/cloudwatch-agent:1\.\d+\.\d+b\d+$/, 'a tag that stays');
});

test('the load balancer is protected, refuses what is malformed and logs to a bucket', () => {
  const balancer = attributes(system.one('AWS::ElasticLoadBalancingV2::LoadBalancer').Properties.LoadBalancerAttributes);
  assert.equal(balancer['deletion_protection.enabled'], 'true');
  assert.equal(balancer['routing.http.drop_invalid_header_fields.enabled'], 'true');
  assert.deepEqual([balancer['access_logs.s3.enabled'], balancer['access_logs.s3.bucket']], ['true', '<PortalAccessLogs>']);
  const bucket = system.one('AWS::S3::Bucket');
  assert.deepEqual(bucket.Properties.BucketEncryption.ServerSideEncryptionConfiguration, [{ ServerSideEncryptionByDefault: { SSEAlgorithm: 'AES256' } }]);
  assert.deepEqual(bucket.Properties.PublicAccessBlockConfiguration,
    { BlockPublicAcls: true, BlockPublicPolicy: true, IgnorePublicAcls: true, RestrictPublicBuckets: true });
  assert.deepEqual(bucket.Properties.LifecycleConfiguration.Rules, [{ ExpirationInDays: 90, Status: 'Enabled' }]);
  assert.equal(bucket.DeletionPolicy, 'Retain');
});

test('the stack cannot be deleted by mistake, and the cluster is watched', () => {
  assert.equal(synthesis.terminationProtection, true);
  assert.deepEqual(system.one('AWS::ECS::Cluster').Properties.ClusterSettings, [{ Name: 'containerInsights', Value: 'enabled' }]);
});
