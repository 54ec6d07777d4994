// What the numbers of tasks follow, and that the metric they follow is the one that is sent.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Data, environment, nameOf, synthesise, text } from './support';

const { system } = synthesise();
const other = synthesise({ requestsPerSecond: '35', portalMin: 1, portalMax: '4', hardwareMin: '3', hardwareMax: '3' }).system;

const policy = (template: typeof system, name: string) => template.one('AWS::ApplicationAutoScaling::ScalingPolicy', name).Properties;
const requests = 'PortalServiceTaskCountTargetRequests';
const slots = 'HardwareServiceTaskCountTargetSlotsUsed';
const agent = system.containers('HardwareTask').get('cloudwatch-agent');
const configuration = JSON.parse(environment(agent).CW_CONFIG_CONTENT!);
const prometheus = configuration.logs.metrics_collected.prometheus;
const [scrape, ...otherScrapes] = JSON.parse(environment(agent).PROMETHEUS_CONFIG_CONTENT!).scrape_configs;

test('each service has bounds and one policy, which goes both ways', () => {
  const bounds = (template: typeof system) => Object.fromEntries(template.all('AWS::ApplicationAutoScaling::ScalableTarget').map(
    ([id, { Properties }]) => [nameOf(id), [Properties.MinCapacity, Properties.MaxCapacity, Properties.ScalableDimension]]));
  const count = 'ecs:service:DesiredCount';
  assert.deepEqual(bounds(system), { HardwareServiceTaskCountTarget: [2, 10, count], PortalServiceTaskCountTarget: [2, 10, count] });
  assert.deepEqual(bounds(other), { HardwareServiceTaskCountTarget: [3, 3, count], PortalServiceTaskCountTarget: [1, 4, count] });
  assert.deepEqual(system.all('AWS::ApplicationAutoScaling::ScalingPolicy').map(([id]) => nameOf(id)).sort(), [slots, requests]);
  for (const name of [requests, slots]) {
    const { PolicyType, ScalingTargetId, TargetTrackingScalingPolicyConfiguration: tracking } = policy(system, name);
    assert.equal(PolicyType, 'TargetTrackingScaling');
    assert.equal(text(ScalingTargetId), `<${name.replace(/Target.*/, 'Target')}>`);
    assert.notEqual(tracking.DisableScaleIn, true);
    assert.ok(tracking.ScaleOutCooldown <= tracking.ScaleInCooldown);
  }
  for (const [id, { Properties }] of system.all('AWS::ApplicationAutoScaling::ScalableTarget')) {
    const service = nameOf(id).replace('TaskCountTarget', '');
    assert.match(text(Properties.ResourceId), new RegExp(`^service/<Cluster>/<${service}.Name>$`));
  }
});

test('portals follow the requests per task, which CloudWatch counts by the minute', () => {
  const tracking = policy(system, requests).TargetTrackingScalingPolicyConfiguration;
  assert.equal(tracking.TargetValue, 200 * 60);
  assert.equal(policy(other, requests).TargetTrackingScalingPolicyConfiguration.TargetValue, 35 * 60);
  const { PredefinedMetricType, ResourceLabel } = tracking.PredefinedMetricSpecification;
  assert.equal(PredefinedMetricType, 'ALBRequestCountPerTarget');
  assert.match(text(ResourceLabel), /"PortalLoadBalancerHttp.*\/<PortalTargets\.TargetGroupFullName>$/);
  assert.equal(tracking.CustomizedMetricSpecification, undefined);
});

test('hardware tasks follow the share of their probe slots in use', () => {
  const tracking = policy(system, slots).TargetTrackingScalingPolicyConfiguration;
  assert.equal(tracking.TargetValue, 0.8);
  assert.equal(tracking.PredefinedMetricSpecification, undefined);
  const { Namespace, MetricName, Statistic, Dimensions, Unit } = tracking.CustomizedMetricSpecification;
  assert.deepEqual([Namespace, MetricName, Statistic, Unit], ['Vacancy', 'vacancy_probe_slots_used_ratio', 'Average', undefined]);
  assert.deepEqual(Dimensions.map(({ Name, Value }: Data) => [Name, text(Value)]), [['ClusterName', '<Cluster>'], ['ServiceName', 'hardware']]);
});

test('the agent sends that metric: this name, this namespace, these dimensions', () => {
  const { Namespace, MetricName, Dimensions } = policy(system, slots).TargetTrackingScalingPolicyConfiguration.CustomizedMetricSpecification;
  const dimensions = Object.fromEntries(Dimensions.map(({ Name, Value }: Data) => [Name, text(Value)]));
  const [target, ...others] = scrape.static_configs;
  assert.deepEqual([otherScrapes, others], [[], []]);
  assert.deepEqual(target, { targets: ['localhost:5011'], labels: dimensions });
  const [keep] = scrape.metric_relabel_configs;
  assert.deepEqual([keep.source_labels, keep.action], [['__name__'], 'keep']);

  assert.equal(prometheus.emf_processor.metric_namespace, Namespace);
  assert.equal(prometheus.cluster_name, dimensions.ClusterName);
  const [declaration, ...otherDeclarations] = prometheus.emf_processor.metric_declaration;
  assert.deepEqual(otherDeclarations, []);
  assert.deepEqual(declaration.dimensions, [Object.keys(dimensions)]);
  assert.deepEqual(declaration.source_labels, ['ServiceName']);
  assert.match(dimensions.ServiceName!, new RegExp(declaration.label_matcher));
  // Prometheus matches the whole name, the agent any part of it.
  for (const metric of [MetricName, 'vacancy_overdue_max_seconds']) {
    assert.match(metric, new RegExp(`^(?:${keep.regex})$`));
    assert.ok(declaration.metric_selectors.some((selector: string) => new RegExp(selector).test(metric)), metric);
  }
  for (const metric of ['vacancy_probe_slots', 'vacancy_probe_slots_used_ratio_x', 'up'])
    assert.ok(!declaration.metric_selectors.some((selector: string) => new RegExp(selector).test(metric)), metric);
});

test('the agent is configured by its environment, in the way it knows, and writes to its own log group', () => {
  assert.equal(prometheus.prometheus_config_path, 'env:PROMETHEUS_CONFIG_CONTENT');
  assert.equal(prometheus.log_group_name, '<HardwareMetrics>');
  assert.equal(configuration.agent.region, 'eu-central-1');
  assert.equal(agent.LogConfiguration.Options['awslogs-group'].Ref.startsWith('HardwareAgentLogs'), true);
  assert.ok(agent.Memory <= 256, 'it cannot take the memory of the service');
});
