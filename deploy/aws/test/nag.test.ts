// cdk-nag: no finding that nobody has acknowledged, and no acknowledgement without a reason.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Peer, Port, SecurityGroup, type Vpc } from 'aws-cdk-lib/aws-ec2';
import { Bucket } from 'aws-cdk-lib/aws-s3';
import { certificate, findings, synthesise } from './support';

test('what was acknowledged is this, each where it is, with a reason', () => {
  // It fails when anything else is found.
  const plain = synthesise().acknowledged;
  assert.deepEqual([...plain.keys()].sort(), [
    'AwsSolutions-EC23 Vacancy/Network/LoadBalancer',
    'AwsSolutions-ECS2 Vacancy/Hardware/Task',
    'AwsSolutions-ECS2 Vacancy/Portal/Task',
    'AwsSolutions-IAM5[Resource::*] Vacancy/Hardware/Task/ExecutionRole',
    'AwsSolutions-IAM5[Resource::*] Vacancy/Portal/Task/ExecutionRole',
    'AwsSolutions-RDS11 Vacancy/Database/Instance',
    'AwsSolutions-S1 Vacancy/Portal/AccessLogs',
    'AwsSolutions-SMG4 Vacancy/Database/Instance/Secret',
    'AwsSolutions-SMG4 Vacancy/Hardware/AdminToken',
  ]);
  for (const [what, reason] of plain) assert.ok(reason.length > 25 && reason.endsWith('.'), what);

  const full = synthesise({ certificateArn: certificate, functions: 'capacity', alarmEmail: 'ops@example.org', natGateways: '1' });
  assert.deepEqual(full.acknowledged, plain);
  const added = [...synthesise({ databaseStandby: 'false', databaseClass: 't4g.micro' }).acknowledged.keys()].filter((one) => !plain.has(one));
  assert.deepEqual(added, ['AwsSolutions-RDS3 Vacancy/Database/Instance']);
  const spot = [...synthesise({ spotScores: 'true' }).acknowledged.keys()].filter((one) => !plain.has(one));
  assert.deepEqual(spot, ['AwsSolutions-IAM5[Resource::*] Vacancy/Hardware/Task/TaskRole']);
});

test('what nobody has acknowledged is found', () => {
  const found = findings(({ system, capacity }) => {
    new Bucket(capacity, 'Careless');
    const vpc = system.node.findChild('Network').node.findChild('Vpc') as Vpc;
    new SecurityGroup(system, 'Open', { vpc }).addIngressRule(Peer.anyIpv4(), Port.tcp(22));
  });
  for (const expected of ['AwsSolutions-S1 VacancyCapacity/Careless/Resource', 'AwsSolutions-EC23 Vacancy/Open/Resource'])
    assert.ok(found.includes(expected), `${expected} in ${found.join('; ')}`);
});
