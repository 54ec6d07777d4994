import { Duration, RemovalPolicy, Validations } from 'aws-cdk-lib';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as rds from 'aws-cdk-lib/aws-rds';
import type * as secretsmanager from 'aws-cdk-lib/aws-secretsmanager';
import { Construct } from 'constructs';
import { type Network, ports } from './network';
import type { Settings } from './settings';

export interface DatabaseProps {
  readonly network: Network;
  readonly settings: Settings;
}

/** MySQL, reached by the hardware service alone and over TLS alone. */
export class Database extends Construct {
  readonly instance: rds.DatabaseInstance;
  /** JSON with the keys username and password. */
  readonly secret: secretsmanager.ISecret;
  /** mysql://USER@HOST:PORT/NAME, without the password. */
  readonly url: string;

  constructor(scope: Construct, id: string, props: DatabaseProps) {
    super(scope, id);
    const { network, settings } = props;
    // RDS goes on to newer minor versions by itself.
    const engine = rds.DatabaseInstanceEngine.mysql({ version: rds.MysqlEngineVersion.VER_8_4_10 });
    this.instance = new rds.DatabaseInstance(this, 'Instance', {
      engine,
      instanceType: new ec2.InstanceType(settings.databaseClass),
      vpc: network.vpc,
      vpcSubnets: { subnetType: ec2.SubnetType.PRIVATE_ISOLATED },
      securityGroups: [network.database],
      publiclyAccessible: false,
      multiAz: settings.databaseStandby,
      databaseName: 'vacancy',
      port: ports.database,
      credentials: rds.Credentials.fromGeneratedSecret('vacancy'),
      caCertificate: rds.CaCertificate.RDS_CA_RSA2048_G1,
      parameterGroup: new rds.ParameterGroup(this, 'Parameters', { engine, parameters: { require_secure_transport: '1' } }),
      storageType: rds.StorageType.GP3,
      allocatedStorage: 20,
      maxAllocatedStorage: 200,
      storageEncrypted: true,
      backupRetention: Duration.days(14),
      deleteAutomatedBackups: false,
      copyTagsToSnapshot: true,
      autoMinorVersionUpgrade: true,
      deletionProtection: true,
      removalPolicy: RemovalPolicy.SNAPSHOT,
    });
    this.secret = this.instance.secret!;
    this.url = `mysql://vacancy@${this.instance.dbInstanceEndpointAddress}:${ports.database}/vacancy`;

    Validations.of(this.instance).acknowledge({
      id: 'AwsSolutions-RDS11',
      reason: 'The port is closed to all but the hardware service; another number would hide nothing.',
    });
    Validations.of(this.instance.node.findChild('Secret')).acknowledge({
      id: 'AwsSolutions-SMG4',
      reason: 'A rotated password reaches tasks only when they restart; docs/aws.md says how to change it without an outage.',
    });
    if (!settings.databaseStandby)
      Validations.of(this.instance).acknowledge({ id: 'AwsSolutions-RDS3', reason: 'databaseStandby=false asks for the cheaper one.' });
  }
}
