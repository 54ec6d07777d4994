import { Validations } from 'aws-cdk-lib';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as logs from 'aws-cdk-lib/aws-logs';
import { Construct } from 'constructs';
import type { Settings } from './settings';

export const ports = { portal: 5000, portalAdmin: 5010, hardware: 5001, hardwareAdmin: 5011, database: 3306 };

export interface NetworkProps {
  readonly settings: Settings;
}

/** The network, and who may speak to whom in it: edge, portal, hardware, database, each to the next and no other. */
export class Network extends Construct {
  readonly vpc: ec2.Vpc;
  readonly loadBalancer: ec2.SecurityGroup;
  readonly portal: ec2.SecurityGroup;
  readonly hardware: ec2.SecurityGroup;
  readonly database: ec2.SecurityGroup;

  constructor(scope: Construct, id: string, props: NetworkProps) {
    super(scope, id);
    this.vpc = new ec2.Vpc(this, 'Vpc', {
      maxAzs: 2,
      natGateways: props.settings.natGateways,
      subnetConfiguration: [
        // The load balancer and the gateways have addresses of their own; nothing else gets one.
        { name: 'public', subnetType: ec2.SubnetType.PUBLIC, cidrMask: 24, mapPublicIpOnLaunch: false },
        { name: 'private', subnetType: ec2.SubnetType.PRIVATE_WITH_EGRESS, cidrMask: 20 },
        { name: 'isolated', subnetType: ec2.SubnetType.PRIVATE_ISOLATED, cidrMask: 24 },
      ],
      // Free, and the layers of images come from there rather than through the gateways, which cost by the gigabyte.
      gatewayEndpoints: { s3: { service: ec2.GatewayVpcEndpointAwsService.S3 } },
    });
    const flows = new logs.LogGroup(this, 'Flows', { retention: logs.RetentionDays.ONE_MONTH });
    this.vpc.addFlowLog('FlowLog', { destination: ec2.FlowLogDestination.toCloudWatchLogs(flows) });

    this.loadBalancer = this.group('LoadBalancer', 'Vacancy: from anywhere, to the portal');
    this.portal = this.group('Portal', 'Vacancy: from the load balancer, to the hardware service');
    this.hardware = this.group('Hardware', 'Vacancy: from the portal, to the database');
    this.database = this.group('Database', 'Vacancy: from the hardware service');

    const web = props.settings.certificateArn === undefined ? [80] : [80, 443];
    for (const port of web) this.loadBalancer.addIngressRule(ec2.Peer.anyIpv4(), ec2.Port.tcp(port), 'the public page');
    Validations.of(this.loadBalancer).acknowledge({ id: 'AwsSolutions-EC23', reason: 'The portal is a public page; the load balancer is its only door.' });
    allow(this.loadBalancer, this.portal, ports.portal, 'requests');
    allow(this.loadBalancer, this.portal, ports.portalAdmin, 'health checks, on a port that no listener leads to');
    allow(this.portal, this.hardware, ports.hardware, 'the feed');
    allow(this.hardware, this.database, ports.database, 'MySQL over TLS');
    // Tasks fetch their image and secrets and send their logs themselves; probes ask sources over HTTPS.
    for (const group of [this.portal, this.hardware])
      group.addEgressRule(ec2.Peer.anyIpv4(), ec2.Port.tcp(443), 'services of AWS, and sources of probes');
  }

  private group(id: string, description: string): ec2.SecurityGroup {
    return new ec2.SecurityGroup(this, id, { vpc: this.vpc, description, allowAllOutbound: false });
  }
}

function allow(from: ec2.SecurityGroup, to: ec2.SecurityGroup, port: number, description: string): void {
  from.addEgressRule(to, ec2.Port.tcp(port), description);
  to.addIngressRule(from, ec2.Port.tcp(port), description);
}
