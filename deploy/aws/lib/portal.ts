import { Annotations, Duration, RemovalPolicy, Validations } from 'aws-cdk-lib';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as ecs from 'aws-cdk-lib/aws-ecs';
import * as elb from 'aws-cdk-lib/aws-elasticloadbalancingv2';
import * as s3 from 'aws-cdk-lib/aws-s3';
import { Construct } from 'constructs';
import { acknowledgeTask } from './findings';
import type { Hardware } from './hardware';
import { type Network, ports } from './network';
import type { Settings } from './settings';
import { addContainer, image, logGroup, rolling, task } from './task';

/** The longest an answer may keep silent: GET /api/v1/wait takes 60 s, streams say something every 15 s. */
const idle = Duration.seconds(70);
/** The portal closes idle connections later than the load balancer, which else may send a request into a closed one. */
const portalIdle = '90s';

export interface PortalProps {
  readonly cluster: ecs.Cluster;
  readonly network: Network;
  readonly hardware: Hardware;
  readonly settings: Settings;
}

/** The public service behind its load balancer, which alone can be reached from outside. */
export class Portal extends Construct {
  readonly service: ecs.FargateService;
  readonly loadBalancer: elb.ApplicationLoadBalancer;
  readonly targets: elb.ApplicationTargetGroup;
  readonly url: string;

  constructor(scope: Construct, id: string, props: PortalProps) {
    super(scope, id);
    const { cluster, network, hardware, settings } = props;
    const definition = task(this, 256, 512);
    addContainer(definition, 'portal', {
      image: image(this, 'portal'),
      logGroup: logGroup(this),
      essential: true,
      environment: {
        VACANCY_PORTAL_HARDWARE_URLS: hardware.url,
        // Without anything to show it does not listen, so that it gets no requests.
        VACANCY_PORTAL_FIRST_SNAPSHOT_WAIT: '15s',
        VACANCY_PORTAL_HTTP_IDLE_TIMEOUT: portalIdle,
        // The load balancer takes some seconds to send requests elsewhere.
        VACANCY_LAME_DUCK: '10s',
      },
      portMappings: [{ containerPort: ports.portal }, { containerPort: ports.portalAdmin }],
      healthCheck: {
        command: ['CMD', '/usr/bin/portal', '--healthcheck'],
        interval: Duration.seconds(10),
        timeout: Duration.seconds(5),
        retries: 3,
        startPeriod: Duration.seconds(120),
      },
    });
    acknowledgeTask(definition);
    this.service = new ecs.FargateService(this, 'Service', {
      ...rolling,
      serviceName: 'portal',
      cluster,
      taskDefinition: definition,
      vpcSubnets: { subnetType: ec2.SubnetType.PRIVATE_WITH_EGRESS },
      securityGroups: [network.portal],
      healthCheckGracePeriod: Duration.seconds(120),
    });
    // Without a hardware service no portal becomes ready, and the first deployment would fail.
    this.service.node.addDependency(hardware.service);

    this.loadBalancer = this.addLoadBalancer(network);
    this.targets = new elb.ApplicationTargetGroup(this, 'Targets', {
      vpc: network.vpc,
      protocol: elb.ApplicationProtocol.HTTP,
      port: ports.portal,
      targets: [this.service.loadBalancerTarget({ containerName: 'portal', containerPort: ports.portal })],
      // Counts streams, which a task keeps for hours.
      loadBalancingAlgorithmType: elb.TargetGroupLoadBalancingAlgorithmType.LEAST_OUTSTANDING_REQUESTS,
      // The public port serves on while the task ends; this one says that it does.
      healthCheck: {
        port: String(ports.portalAdmin),
        path: '/readyz',
        healthyHttpCodes: '200',
        interval: Duration.seconds(10),
        timeout: Duration.seconds(5),
        healthyThresholdCount: 2,
        unhealthyThresholdCount: 3,
      },
      // As long as an answer may take.
      deregistrationDelay: idle,
    });
    this.addListeners(settings.certificateArn);
    this.url = `${settings.certificateArn === undefined ? 'http' : 'https'}://${this.loadBalancer.loadBalancerDnsName}/`;

    this.service
      .autoScaleTaskCount({ minCapacity: settings.portal.min, maxCapacity: settings.portal.max })
      .scaleOnRequestCount('Requests', {
        targetGroup: this.targets,
        // CloudWatch counts them by the minute.
        requestsPerTarget: settings.requestsPerSecond * 60,
        scaleOutCooldown: Duration.minutes(1),
        scaleInCooldown: Duration.minutes(5),
      });
  }

  private addLoadBalancer(network: Network): elb.ApplicationLoadBalancer {
    const loadBalancer = new elb.ApplicationLoadBalancer(this, 'LoadBalancer', {
      vpc: network.vpc,
      internetFacing: true,
      vpcSubnets: { subnetType: ec2.SubnetType.PUBLIC },
      securityGroup: network.loadBalancer,
      idleTimeout: idle,
      dropInvalidHeaderFields: true,
      deletionProtection: true,
    });
    const log = new s3.Bucket(this, 'AccessLogs', {
      encryption: s3.BucketEncryption.S3_MANAGED,
      blockPublicAccess: s3.BlockPublicAccess.BLOCK_ALL,
      enforceSSL: true,
      lifecycleRules: [{ expiration: Duration.days(90) }],
      removalPolicy: RemovalPolicy.RETAIN,
    });
    Validations.of(log).acknowledge({ id: 'AwsSolutions-S1', reason: 'It holds access logs itself.' });
    loadBalancer.logAccessLogs(log);
    return loadBalancer;
  }

  private addListeners(certificateArn: string | undefined): void {
    const forward = elb.ListenerAction.forward([this.targets]);
    // The security group says who may come.
    const open = false;
    if (certificateArn === undefined) {
      Annotations.of(this).addWarningV2('vacancy:http', 'Without the context value certificateArn the portal is served over plain HTTP.');
      this.loadBalancer.addListener('Http', { port: 80, open, defaultAction: forward });
      return;
    }
    this.loadBalancer.addListener('Http', {
      port: 80,
      open,
      defaultAction: elb.ListenerAction.redirect({ protocol: 'HTTPS', port: '443', permanent: true }),
    });
    this.loadBalancer.addListener('Https', {
      port: 443,
      open,
      certificates: [elb.ListenerCertificate.fromArn(certificateArn)],
      sslPolicy: elb.SslPolicy.RECOMMENDED_TLS,
      defaultAction: forward,
    });
  }
}
