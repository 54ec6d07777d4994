import { CfnOutput, Stack, type StackProps } from 'aws-cdk-lib';
import * as ecs from 'aws-cdk-lib/aws-ecs';
import type { Construct } from 'constructs';
import { Alarms } from './alarms';
import { Database } from './database';
import { Hardware } from './hardware';
import { Network } from './network';
import { Portal } from './portal';
import type { Settings } from './settings';

export interface SystemProps extends StackProps {
  readonly settings: Settings;
}

/** The whole system: load balancer, portal, hardware service, database. */
export class System extends Stack {
  constructor(scope: Construct, id: string, props: SystemProps) {
    super(scope, id, props);
    const { settings } = props;
    const network = new Network(this, 'Network', { settings });
    const cluster = new ecs.Cluster(this, 'Cluster', { vpc: network.vpc, containerInsightsV2: ecs.ContainerInsights.ENABLED });
    const database = new Database(this, 'Database', { network, settings });
    const hardware = new Hardware(this, 'Hardware', { cluster, network, database, settings });
    const portal = new Portal(this, 'Portal', { cluster, network, hardware, settings });
    const alarms = new Alarms(this, 'Alarms', { database, hardware, portal, settings });

    const output = (name: string, value: string) => new CfnOutput(this, name, { value });
    output('Url', portal.url);
    output('ClusterName', cluster.clusterName);
    output('PrivateSubnets', network.vpc.privateSubnets.map((subnet) => subnet.subnetId).join(','));
    output('PortalSecurityGroup', network.portal.securityGroupId);
    output('HardwareTask', hardware.task.taskDefinitionArn);
    output('DatabaseInstance', database.instance.instanceIdentifier);
    output('DatabaseSecret', database.secret.secretArn);
    output('AdminTokenSecret', hardware.adminToken.secretArn);
    output('AlarmTopic', alarms.topic.topicArn);
  }
}
