// What somebody is told of, and how.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Data, nameOf, synthesise, text } from './support';

const { system } = synthesise();
const alarms = new Map(system.all('AWS::CloudWatch::Alarm').map(([id, { Properties }]) => [nameOf(id).replace(/^Alarms/, ''), Properties]));

test('there is an alarm for each thing that can go wrong', () => {
  const summary = Object.fromEntries([...alarms].map(([name, alarm]) => {
    const sign = { GreaterThanOrEqualToThreshold: '>=', LessThanThreshold: '<' }[alarm.ComparisonOperator as string];
    return [name, `${alarm.Namespace} ${alarm.MetricName} ${alarm.Statistic} ${sign} ${alarm.Threshold} for ${(alarm.Period * alarm.EvaluationPeriods) / 60} min`];
  }));
  assert.deepEqual(summary, {
    PortalUnhealthy: 'AWS/ApplicationELB UnHealthyHostCount Maximum >= 1 for 5 min',
    PortalErrors: 'AWS/ApplicationELB HTTPCode_Target_5XX_Count Sum >= 10 for 3 min',
    LoadBalancerErrors: 'AWS/ApplicationELB HTTPCode_ELB_5XX_Count Sum >= 10 for 3 min',
    PortalBusy: 'AWS/ECS CPUUtilization Average >= 85 for 15 min',
    HardwareLate: 'Vacancy vacancy_overdue_max_seconds Maximum >= 300 for 5 min',
    HardwareBusy: 'Vacancy vacancy_probe_slots_used_ratio Average >= 0.95 for 15 min',
    HardwareSilent: 'Vacancy vacancy_probe_slots_used_ratio SampleCount < 1 for 10 min',
    DatabaseBusy: 'AWS/RDS CPUUtilization Average >= 85 for 15 min',
    DatabaseFull: `AWS/RDS FreeStorageSpace Minimum < ${2 * 1024 ** 3} for 15 min`,
    DatabaseMemory: `AWS/RDS FreeableMemory Minimum < ${0.1 * 1024 ** 3} for 15 min`,
  });
});

test('they look at the parts of this system', () => {
  const dimensions = (name: string) => Object.fromEntries(alarms.get(name).Dimensions.map(({ Name, Value }: Data) => [Name, text(Value)]));
  for (const name of ['HardwareLate', 'HardwareBusy', 'HardwareSilent'])
    assert.deepEqual(dimensions(name), { ClusterName: '<Cluster>', ServiceName: 'hardware' });
  for (const name of ['DatabaseBusy', 'DatabaseFull', 'DatabaseMemory']) assert.deepEqual(dimensions(name), { DBInstanceIdentifier: '<DatabaseInstance>' });
  assert.deepEqual(dimensions('PortalBusy'), { ClusterName: '<Cluster>', ServiceName: '<PortalService.Name>' });
  for (const name of ['PortalUnhealthy', 'PortalErrors', 'LoadBalancerErrors']) assert.ok('LoadBalancer' in dimensions(name), name);
});

test('silence of the hardware service is an alarm, that of the others is not', () => {
  for (const [name, alarm] of alarms) assert.equal(alarm.TreatMissingData, name === 'HardwareSilent' ? 'breaching' : 'notBreaching', name);
});

test('each says what it is about, to the topic, when it begins and when it ends', () => {
  for (const [name, alarm] of alarms) {
    assert.ok(alarm.AlarmDescription.length > 10, name);
    assert.deepEqual([text(alarm.AlarmActions), text(alarm.OKActions)], ['<AlarmsTopic>', '<AlarmsTopic>'], name);
    assert.notEqual(alarm.ActionsEnabled, false, name);
  }
});

test('the topic is encrypted, with a key that alarms may use and that changes', () => {
  assert.equal(text(system.one('AWS::SNS::Topic').Properties.KmsMasterKeyId), '<AlarmsKey.Arn>');
  assert.equal(system.one('AWS::KMS::Key').Properties.EnableKeyRotation, true);
  const publish = system.one('AWS::SNS::TopicPolicy').Properties.PolicyDocument.Statement.find(({ Effect }: Data) => Effect === 'Allow');
  assert.equal(text(publish.Condition.StringEquals['aws:SourceAccount']), '<AWS::AccountId>');
});

test('somebody gets them by mail where that is asked for', () => {
  assert.equal(system.all('AWS::SNS::Subscription').length, 0);
  const { Properties } = synthesise({ alarmEmail: 'ops@example.org' }).system.one('AWS::SNS::Subscription');
  assert.deepEqual([Properties.Protocol, Properties.Endpoint, text(Properties.TopicArn)], ['email', 'ops@example.org', '<AlarmsTopic>']);
});
