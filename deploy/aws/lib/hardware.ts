import { ArnFormat, Duration, Stack, Validations } from 'aws-cdk-lib';
import type * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as ecs from 'aws-cdk-lib/aws-ecs';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as secretsmanager from 'aws-cdk-lib/aws-secretsmanager';
import * as servicediscovery from 'aws-cdk-lib/aws-servicediscovery';
import { Construct } from 'constructs';
import { addAgent, hardwareMetric } from './agent';
import { authorities } from './authorities';
import type { Database } from './database';
import { acknowledgeSpotScores, acknowledgeTask } from './findings';
import { type Network, ports } from './network';
import type { Settings } from './settings';
import { addContainer, image, logGroup, rolling, task } from './task';

/** Where the image has a directory for them; the secrets container alone may write to it. */
const files = {
  directory: '/secrets/application',
  password: '/secrets/application/database-password',
  authorities: '/secrets/application/database-authorities.pem',
  adminToken: '/secrets/application/admin-token',
  configuration: '/secrets/application/vacancy.yaml',
};

/** Share of the probe slots in use that the scaling keeps: a fifth is left for what is due at once. */
const slotsUsed = 0.8;

export interface HardwareProps {
  readonly cluster: ecs.Cluster;
  readonly network: Network;
  readonly database: Database;
  readonly settings: Settings;
}

/** The private service: probes and shares the work on one database. */
export class Hardware extends Construct {
  readonly task: ecs.FargateTaskDefinition;
  readonly service: ecs.FargateService;
  readonly adminToken: secretsmanager.Secret;
  /** For the portal; each task is an address of this host. */
  readonly url: string;
  /** From 0 to 1, over all tasks. */
  readonly slotsUsed: cloudwatch.Metric;
  readonly overdue: cloudwatch.Metric;

  constructor(scope: Construct, id: string, props: HardwareProps) {
    super(scope, id);
    const { cluster, network, settings } = props;
    this.adminToken = new secretsmanager.Secret(this, 'AdminToken', {
      description: 'Token for the administration of profiles and probes',
      generateSecretString: { passwordLength: 64, excludePunctuation: true },
    });
    Validations.of(this.adminToken).acknowledge({
      id: 'AwsSolutions-SMG4',
      reason: 'A rotated token reaches tasks only when they restart; docs/aws.md says how to change it.',
    });
    this.task = task(this, 512, 1024);
    this.addContainers(props);
    this.allowFunctions(settings.functions);
    acknowledgeTask(this.task);
    if (settings.spotScores) this.allowSpotScores();

    const namespace = new servicediscovery.PrivateDnsNamespace(this, 'Names', { name: 'vacancy.internal', vpc: network.vpc });
    this.service = new ecs.FargateService(this, 'Service', {
      ...rolling,
      serviceName: 'hardware',
      cluster,
      taskDefinition: this.task,
      vpcSubnets: { subnetType: ec2.SubnetType.PRIVATE_WITH_EGRESS },
      securityGroups: [network.hardware],
      cloudMapOptions: { name: 'hardware', cloudMapNamespace: namespace, dnsTtl: Duration.seconds(5) },
    });
    this.url = `http://hardware.${namespace.namespaceName}:${ports.hardware}`;

    this.slotsUsed = hardwareMetric(cluster, 'vacancy_probe_slots_used_ratio', 'Average');
    this.overdue = hardwareMetric(cluster, 'vacancy_overdue_max_seconds', 'Maximum');
    this.service
      .autoScaleTaskCount({ minCapacity: settings.hardware.min, maxCapacity: settings.hardware.max })
      .scaleToTrackCustomMetric('SlotsUsed', {
        metric: this.slotsUsed,
        targetValue: slotsUsed,
        scaleOutCooldown: Duration.minutes(1),
        scaleInCooldown: Duration.minutes(5),
      });
  }

  /** The secrets are written into a volume, then the database is migrated, then the service starts. */
  private addContainers({ cluster, database, settings }: HardwareProps): void {
    const shared = { image: image(this, 'hardware'), logGroup: logGroup(this) };
    this.task.addVolume({ name: 'secrets' });
    const mount = (container: ecs.ContainerDefinition, readOnly: boolean) =>
      container.addMountPoints({ sourceVolume: 'secrets', containerPath: files.directory, readOnly });

    // Of the service's own variables none is a secret: another process's could be read by the programs of probes.
    const written: Record<string, string> = {
      DATABASE_PASSWORD: files.password,
      ADMIN_TOKEN: files.adminToken,
      DATABASE_AUTHORITIES: files.authorities,
      ...(settings.configuration !== undefined && { CONFIGURATION: files.configuration }),
    };
    const secrets = addContainer(this.task, 'secrets', {
      ...shared,
      // A new volume is root's, and only its owner may write. The group is the program's, which the files are for.
      user: '0:10001',
      essential: false,
      command: ['secrets', ...Object.entries(written).flatMap(([variable, file]) => ['--from-environment', variable, file])],
      secrets: {
        DATABASE_PASSWORD: ecs.Secret.fromSecretsManager(database.secret, 'password'),
        ADMIN_TOKEN: ecs.Secret.fromSecretsManager(this.adminToken),
      },
      environment: {
        DATABASE_AUTHORITIES: authorities(settings.region),
        ...(settings.configuration !== undefined && { CONFIGURATION: settings.configuration }),
      },
    });
    mount(secrets, false);

    const environment = {
      VACANCY_HARDWARE_DATABASE: database.url,
      VACANCY_HARDWARE_DATABASE_PASSWORD_FILE: files.password,
      VACANCY_HARDWARE_DATABASE_SSL_CA: files.authorities,
      VACANCY_HARDWARE_ADMIN_TOKEN_FILE: files.adminToken,
      // The portals ask for addresses every 5 s, of names that hold for 5 s.
      VACANCY_LAME_DUCK: '15s',
      ...(settings.configuration !== undefined && { VACANCY_CONFIG: files.configuration }),
    };
    const migrate = addContainer(this.task, 'migrate', { ...shared, essential: false, command: ['migrate', '--sample'], environment });
    mount(migrate, true);
    migrate.addContainerDependencies({ container: secrets, condition: ecs.ContainerDependencyCondition.SUCCESS });

    const hardware = addContainer(this.task, 'hardware', {
      ...shared,
      essential: true,
      environment,
      portMappings: [{ containerPort: ports.hardware }],
      // Not ready for 200 s: a failover of the database takes less, and a task without one still serves what it knows.
      healthCheck: {
        command: ['CMD', '/usr/bin/hardware', '--healthcheck'],
        interval: Duration.seconds(20),
        timeout: Duration.seconds(5),
        retries: 10,
        startPeriod: Duration.seconds(300),
      },
    });
    mount(hardware, true);
    for (const container of [secrets, migrate])
      hardware.addContainerDependencies({ container, condition: ecs.ContainerDependencyCondition.SUCCESS });
    this.task.defaultContainer = hardware;
    addAgent(this, { task: this.task, cluster, hardware });
  }

  /** Signed calls of the Invoke API, of these functions alone. */
  private allowFunctions(functions: readonly string[]): void {
    if (functions.length === 0) return;
    const arn = (name: string) =>
      Stack.of(this).formatArn({ service: 'lambda', resource: 'function', resourceName: name, arnFormat: ArnFormat.COLON_RESOURCE_NAME });
    this.task.addToTaskRolePolicy(new iam.PolicyStatement({ actions: ['lambda:InvokeFunction'], resources: functions.map(arn) }));
  }

  /** The calls of probes of kind aws. */
  private allowSpotScores(): void {
    const actions = ['GetSpotPlacementScores', 'DescribeInstanceTypeOfferings', 'DescribeSpotPriceHistory'];
    this.task.addToTaskRolePolicy(new iam.PolicyStatement({ actions: actions.map((action) => `ec2:${action}`), resources: ['*'] }));
    acknowledgeSpotScores(this.task);
  }
}
