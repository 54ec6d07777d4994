// Who may do what in AWS: every statement, word for word.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { type Data, nameOf, project, synthesise, type Template, text } from './support';

const { system, capacity } = synthesise();
const calling = synthesise({ functions: 'capacity, quota_eu' }).system;

const list = (value: Data): Data[] => (Array.isArray(value) ? value : [value]);

function lines(name: string, document: Data): string[] {
  return list(document.Statement).flatMap((statement: Data) => {
    assert.deepEqual(Object.keys(statement).filter((key) => key.startsWith('Not')), [], name);
    return list(statement.Action).map((action: string) =>
      `${name}: ${statement.Effect === 'Allow' ? '' : `${statement.Effect} `}${action} on ${list(statement.Resource).map(text).join(' and ')}`);
  });
}

/** What roles may do, by the name of the role. */
function permissions(template: Template): string[] {
  const found: string[] = [];
  for (const [, { Properties }] of template.all('AWS::IAM::Policy'))
    for (const role of Properties.Roles) found.push(...lines(nameOf(role.Ref), Properties.PolicyDocument));
  for (const [id, { Properties }] of template.all('AWS::IAM::Role')) {
    for (const policy of Properties.Policies ?? []) found.push(...lines(nameOf(id), policy.PolicyDocument));
    for (const policy of Properties.ManagedPolicyArns ?? []) found.push(`${nameOf(id)}: managed ${text(policy)}`);
  }
  return found.sort();
}

const repository = 'arn:aws:ecr:eu-central-1:<AWS::AccountId>:repository/cdk-hnb659fds-container-assets-<AWS::AccountId>-eu-central-1';
const pull = (role: string) => ['BatchCheckLayerAvailability', 'BatchGetImage', 'GetDownloadUrlForLayer'].map((action) => `${role}: ecr:${action} on ${repository}`);
const log = (role: string, ...groups: string[]) => ['CreateLogStream', 'PutLogEvents'].map(
  (action) => `${role}: logs:${action} on ${groups.map((group) => `<${group}.Arn>`).join(' and ')}`);
const closing = 'CustomVpcRestrictDefaultSGCustomResourceProviderRole';

const minimal = [
  ...['Authorize', 'Revoke'].flatMap((verb) => ['Egress', 'Ingress'].map((way) =>
    `${closing}: ec2:${verb}SecurityGroup${way} on arn:aws:ec2:eu-central-1:<AWS::AccountId>:security-group/<NetworkVpc.DefaultSecurityGroup>`)),
  `${closing}: managed arn:<AWS::Partition>:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole`,
  ...pull('HardwareTaskExecutionRole'),
  'HardwareTaskExecutionRole: ecr:GetAuthorizationToken on *',
  ...['DescribeSecret', 'GetSecretValue'].map((action) =>
    `HardwareTaskExecutionRole: secretsmanager:${action} on <DatabaseInstanceSecretAttachment> and <HardwareAdminToken>`),
  ...log('HardwareTaskExecutionRole', 'HardwareAgentLogs', 'HardwareLogs'),
  ...log('HardwareTaskTaskRole', 'HardwareMetrics'),
  ...log('NetworkVpcFlowLogIAMRole', 'NetworkFlows'),
  'NetworkVpcFlowLogIAMRole: logs:DescribeLogStreams on <NetworkFlows.Arn>',
  ...pull('PortalTaskExecutionRole'),
  'PortalTaskExecutionRole: ecr:GetAuthorizationToken on *',
  ...log('PortalTaskExecutionRole', 'PortalLogs'),
].sort();

test('roles may do this and nothing else', () => {
  assert.deepEqual(permissions(system), minimal);
  assert.deepEqual(permissions(capacity), log('Role', 'Logs'));
});

test('the hardware service may call the functions that are named, and no other', () => {
  const arn = (name: string) => `arn:aws:lambda:eu-central-1:<AWS::AccountId>:function:${name}`;
  const added = permissions(calling).filter((line) => !minimal.includes(line));
  assert.deepEqual(added, [`HardwareTaskTaskRole: lambda:InvokeFunction on ${arn('capacity')} and ${arn('quota_eu')}`]);
  assert.equal(permissions(calling).length, minimal.length + 1);
});

test('the hardware service may ask for spot scores where that is wanted', () => {
  const { system } = synthesise({ spotScores: 'true' });
  assert.deepEqual(permissions(system).filter((line) => !minimal.includes(line)),
    ['DescribeInstanceTypeOfferings', 'DescribeSpotPriceHistory', 'GetSpotPlacementScores'].map((action) => `HardwareTaskTaskRole: ec2:${action} on *`));
  assert.equal(permissions(system).length, minimal.length + 3);
  // The rights that docs/clouds.md lists.
  const clouds = readFileSync(path.join(project, '../../docs/clouds.md'), 'utf8');
  for (const action of clouds.matchAll(/"(ec2:\w+)"/g)) assert.ok(permissions(system).includes(`HardwareTaskTaskRole: ${action[1]} on *`), action[1]);
  assert.equal([...clouds.matchAll(/"(ec2:\w+)"/g)].length, 3);
});

test('roles are taken by one service each', () => {
  const takers: Record<string, string> = {};
  for (const template of [system, capacity])
    for (const [id, { Properties }] of template.all('AWS::IAM::Role')) {
      const [statement, ...others] = Properties.AssumeRolePolicyDocument.Statement;
      assert.deepEqual([statement.Action, statement.Effect, Object.keys(statement.Principal), others], ['sts:AssumeRole', 'Allow', ['Service'], []], id);
      takers[nameOf(id)] = statement.Principal.Service;
    }
  const tasks = ['PortalTaskTaskRole', 'PortalTaskExecutionRole', 'HardwareTaskTaskRole', 'HardwareTaskExecutionRole'];
  assert.deepEqual(takers, {
    ...Object.fromEntries(tasks.map((role) => [role, 'ecs-tasks.amazonaws.com'])),
    NetworkVpcFlowLogIAMRole: 'vpc-flow-logs.amazonaws.com',
    CustomVpcRestrictDefaultSGCustomResourceProviderRole: 'lambda.amazonaws.com',
    Role: 'lambda.amazonaws.com',
  });
});

test('each task has the roles of its own', () => {
  for (const task of ['PortalTask', 'HardwareTask']) {
    const { TaskRoleArn, ExecutionRoleArn } = system.one('AWS::ECS::TaskDefinition', task).Properties;
    assert.deepEqual([text(TaskRoleArn), text(ExecutionRoleArn)], [`<${task}TaskRole.Arn>`, `<${task}ExecutionRole.Arn>`]);
  }
});

test('only AWS itself may use the bucket, the topic and the key, and only encrypted', () => {
  const document = (type: string) => system.one(type).Properties[type === 'AWS::KMS::Key' ? 'KeyPolicy' : 'PolicyDocument'];
  const allowed = (type: string) => list(document(type).Statement)
    .filter(({ Effect }: Data) => Effect === 'Allow')
    .map(({ Action, Principal }: Data) => `${text(Object.values(Principal)[0])} ${list(Action).join(' ')}`);
  assert.deepEqual(allowed('AWS::S3::BucketPolicy'), [
    'arn:aws:iam::054676820928:root s3:PutObject', // the load balancers of eu-central-1
    'delivery.logs.amazonaws.com s3:PutObject',
    'delivery.logs.amazonaws.com s3:GetBucketAcl',
  ]);
  assert.deepEqual(allowed('AWS::SNS::TopicPolicy'), ['cloudwatch.amazonaws.com sns:Publish']);
  assert.deepEqual(allowed('AWS::KMS::Key'), [
    'arn:aws:iam::<AWS::AccountId>:root kms:*', 'cloudwatch.amazonaws.com kms:Decrypt kms:GenerateDataKey*',
  ]);
  for (const type of ['AWS::S3::BucketPolicy', 'AWS::SNS::TopicPolicy']) {
    const denied = list(document(type).Statement).filter(({ Effect }: Data) => Effect === 'Deny');
    assert.deepEqual(denied.map(({ Condition }: Data) => Condition), [{ Bool: { 'aws:SecureTransport': 'false' } }], type);
  }
});
