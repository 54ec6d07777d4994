// What can be reached, and by whom.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { certificate, type Data, nameOf, synthesise, type Template, text } from './support';

const { system, capacity } = synthesise();
const secure = synthesise({ certificateArn: certificate }).system;

/** "FROM -> TO PROTOCOL PORTS", of rules that stand in groups and of those that stand alone. */
function rules(template: Template): string[] {
  const found: string[] = [];
  const add = (direction: 'in' | 'out', group: string, rule: Data) => {
    const other = text(rule.CidrIp ?? rule.CidrIpv6 ?? rule.SourceSecurityGroupId ?? rule.DestinationSecurityGroupId ?? rule);
    const ports = rule.FromPort === rule.ToPort ? rule.FromPort : `${rule.FromPort}-${rule.ToPort}`;
    found.push(direction === 'in' ? `${group} from ${other} ${rule.IpProtocol} ${ports}` : `${group} to ${other} ${rule.IpProtocol} ${ports}`);
  };
  for (const [id, { Properties }] of template.all('AWS::EC2::SecurityGroup')) {
    for (const rule of Properties.SecurityGroupIngress ?? []) add('in', `<${nameOf(id)}.GroupId>`, rule);
    for (const rule of Properties.SecurityGroupEgress ?? []) add('out', `<${nameOf(id)}.GroupId>`, rule);
  }
  for (const [, { Properties }] of template.all('AWS::EC2::SecurityGroupIngress')) add('in', text(Properties.GroupId), Properties);
  for (const [, { Properties }] of template.all('AWS::EC2::SecurityGroupEgress')) add('out', text(Properties.GroupId), Properties);
  return found.map((rule) => rule.replaceAll(/<Network(\w+)\.GroupId>/g, '$1')).sort();
}

const minimal = [
  'Database from Hardware tcp 3306',
  // CDK's way to say that nothing may leave.
  'Database to 255.255.255.255/32 icmp 252-86',
  'Hardware from Portal tcp 5001',
  'Hardware to 0.0.0.0/0 tcp 443',
  'Hardware to Database tcp 3306',
  'LoadBalancer from 0.0.0.0/0 tcp 80',
  'LoadBalancer to Portal tcp 5000',
  'LoadBalancer to Portal tcp 5010',
  'Portal from LoadBalancer tcp 5000',
  'Portal from LoadBalancer tcp 5010',
  'Portal to 0.0.0.0/0 tcp 443',
  'Portal to Hardware tcp 5001',
];

test('each may speak to the next, and to no other', () => {
  assert.deepEqual(rules(system), minimal);
  assert.deepEqual(rules(secure), [...minimal, 'LoadBalancer from 0.0.0.0/0 tcp 443'].sort());
  assert.deepEqual(rules(capacity), []);
  assert.equal(system.all('AWS::EC2::SecurityGroup').length, 4);
  const closed = system.one('Custom::VpcRestrictDefaultSG').Properties;
  assert.equal(text(closed.DefaultSecurityGroupId), '<NetworkVpc.DefaultSecurityGroup>');
});

test('each has its own group alone', () => {
  const groupsOf = (type: string, name: string, find: (properties: Data) => Data) => text(find(system.one(type, name).Properties));
  const service = (properties: Data) => properties.NetworkConfiguration.AwsvpcConfiguration.SecurityGroups;
  assert.equal(groupsOf('AWS::ElasticLoadBalancingV2::LoadBalancer', 'PortalLoadBalancer', (p) => p.SecurityGroups), '<NetworkLoadBalancer.GroupId>');
  assert.equal(groupsOf('AWS::ECS::Service', 'PortalService', service), '<NetworkPortal.GroupId>');
  assert.equal(groupsOf('AWS::ECS::Service', 'HardwareService', service), '<NetworkHardware.GroupId>');
  assert.equal(groupsOf('AWS::RDS::DBInstance', 'DatabaseInstance', (p) => p.VPCSecurityGroups), '<NetworkDatabase.GroupId>');
});

test('there are public, private and isolated subnets in two zones, and none gives public addresses', () => {
  const subnets = system.all('AWS::EC2::Subnet').map(([id, { Properties }]) => {
    assert.notEqual(Properties.MapPublicIpOnLaunch, true, id);
    assert.equal(Properties.AssignIpv6AddressOnCreation, undefined, id);
    return `${nameOf(id).replace(/^NetworkVpc(\w+)Subnet\dSubnet$/, '$1')} ${JSON.stringify(Properties.AvailabilityZone)}`;
  });
  const zones = [0, 1].map((number) => JSON.stringify({ 'Fn::Select': [number, { 'Fn::GetAZs': '' }] }));
  assert.deepEqual(subnets.sort(), ['isolated', 'private', 'public'].flatMap((kind) => zones.map((zone) => `${kind} ${zone}`)));
});

test('only the public subnets lead to the outside, the private ones through a gateway, the isolated ones nowhere', () => {
  const tables = new Map(system.all('AWS::EC2::RouteTable').map(([id]) => [nameOf(id), [] as string[]]));
  for (const [, { Properties }] of system.all('AWS::EC2::Route'))
    tables.get(text(Properties.RouteTableId).slice(1, -1))!.push(
      `${Properties.DestinationCidrBlock} ${Properties.GatewayId ? 'internet' : Properties.NatGatewayId ? 'nat' : 'other'}`);
  for (const [table, routes] of tables) {
    const expected = table.includes('public') ? ['0.0.0.0/0 internet'] : table.includes('private') ? ['0.0.0.0/0 nat'] : [];
    assert.deepEqual(routes, expected, table);
  }
  assert.equal(tables.size, 6);
  for (const [id, { Properties }] of system.all('AWS::EC2::SubnetRouteTableAssociation'))
    assert.equal(text(Properties.RouteTableId).replace('RouteTable', ''), text(Properties.SubnetId).replace(/Subnet>$/, '>'), id);
});

test('what serves is in private subnets without public addresses, the database in isolated ones', () => {
  const services = system.all('AWS::ECS::Service');
  assert.equal(services.length, 2);
  for (const [id, { Properties }] of services) {
    const { AssignPublicIp, Subnets } = Properties.NetworkConfiguration.AwsvpcConfiguration;
    assert.equal(AssignPublicIp, 'DISABLED', id);
    assert.equal(text(Subnets), '<NetworkVpcprivateSubnet1Subnet>,<NetworkVpcprivateSubnet2Subnet>', id);
  }
  const database = system.one('AWS::RDS::DBInstance').Properties;
  assert.equal(database.PubliclyAccessible, false);
  const group = system.one('AWS::RDS::DBSubnetGroup').Properties;
  assert.equal(text(database.DBSubnetGroupName), '<DatabaseInstanceSubnetGroup>');
  assert.equal(text(group.SubnetIds), '<NetworkVpcisolatedSubnet1Subnet>,<NetworkVpcisolatedSubnet2Subnet>');
});

test('the load balancer is the only door', () => {
  const balancer = system.one('AWS::ElasticLoadBalancingV2::LoadBalancer').Properties;
  assert.equal(balancer.Scheme, 'internet-facing');
  assert.equal(text(balancer.Subnets), '<NetworkVpcpublicSubnet1Subnet>,<NetworkVpcpublicSubnet2Subnet>');
  // Addresses of the gateways alone; no kind of resource that could be another door.
  assert.equal(system.all('AWS::EC2::EIP').length, system.all('AWS::EC2::NatGateway').length);
  assert.deepEqual(system.types(), [
    'AWS::ApplicationAutoScaling::ScalableTarget', 'AWS::ApplicationAutoScaling::ScalingPolicy', 'AWS::CloudWatch::Alarm',
    'AWS::EC2::EIP', 'AWS::EC2::FlowLog', 'AWS::EC2::InternetGateway', 'AWS::EC2::NatGateway', 'AWS::EC2::Route',
    'AWS::EC2::RouteTable', 'AWS::EC2::SecurityGroup', 'AWS::EC2::SecurityGroupEgress', 'AWS::EC2::SecurityGroupIngress',
    'AWS::EC2::Subnet', 'AWS::EC2::SubnetRouteTableAssociation', 'AWS::EC2::VPC', 'AWS::EC2::VPCEndpoint',
    'AWS::EC2::VPCGatewayAttachment', 'AWS::ECS::Cluster', 'AWS::ECS::Service', 'AWS::ECS::TaskDefinition',
    'AWS::ElasticLoadBalancingV2::Listener', 'AWS::ElasticLoadBalancingV2::LoadBalancer',
    'AWS::ElasticLoadBalancingV2::TargetGroup', 'AWS::IAM::Policy', 'AWS::IAM::Role', 'AWS::KMS::Key', 'AWS::Lambda::Function',
    'AWS::Logs::LogGroup', 'AWS::RDS::DBInstance', 'AWS::RDS::DBParameterGroup', 'AWS::RDS::DBSubnetGroup', 'AWS::S3::Bucket',
    'AWS::S3::BucketPolicy', 'AWS::SNS::Topic', 'AWS::SNS::TopicPolicy', 'AWS::SecretsManager::Secret',
    'AWS::SecretsManager::SecretTargetAttachment', 'AWS::ServiceDiscovery::PrivateDnsNamespace', 'AWS::ServiceDiscovery::Service',
    'Custom::VpcRestrictDefaultSG',
  ]);
});

test('listeners forward to the portal; with a certificate, 80 only redirects', () => {
  const listeners = (template: Template) => Object.fromEntries(
    template.all('AWS::ElasticLoadBalancingV2::Listener').map(([, { Properties }]) => [Properties.Port, Properties]));
  const forward = [{ Type: 'forward', TargetGroupArn: { Ref: system.all('AWS::ElasticLoadBalancingV2::TargetGroup')[0]![0] } }];
  const plain = listeners(system);
  assert.deepEqual(Object.keys(plain), ['80']);
  assert.deepEqual([plain['80'].Protocol, plain['80'].DefaultActions], ['HTTP', forward]);

  const both = listeners(secure);
  assert.deepEqual(Object.keys(both), ['80', '443']);
  assert.deepEqual(both['80'].DefaultActions, [{ Type: 'redirect', RedirectConfig: { Port: '443', Protocol: 'HTTPS', StatusCode: 'HTTP_301' } }]);
  assert.deepEqual([both['443'].Protocol, both['443'].DefaultActions], ['HTTPS', forward]);
  assert.deepEqual(both['443'].Certificates, [{ CertificateArn: certificate }]);
  assert.match(both['443'].SslPolicy, /^ELBSecurityPolicy-TLS13-1-2-/);
  assert.equal(secure.template.Outputs.Url.Value['Fn::Join'][1][0], 'https://');
});

test('all traffic leaves a trace, which is kept for a month', () => {
  const flow = system.one('AWS::EC2::FlowLog').Properties;
  assert.deepEqual([flow.TrafficType, text(flow.ResourceId), text(flow.LogGroupName)], ['ALL', '<NetworkVpc>', '<NetworkFlows>']);
  for (const template of [system, capacity])
    for (const [id, { Properties }] of template.all('AWS::Logs::LogGroup')) assert.equal(Properties.RetentionInDays, 30, id);
});

test('one gateway is enough where that is asked for', () => {
  assert.equal(system.all('AWS::EC2::NatGateway').length, 2);
  assert.equal(synthesise({ natGateways: '1' }).system.all('AWS::EC2::NatGateway').length, 1);
  const endpoint = system.one('AWS::EC2::VPCEndpoint').Properties;
  assert.deepEqual([endpoint.VpcEndpointType, endpoint.RouteTableIds.length], ['Gateway', 6]);
});
