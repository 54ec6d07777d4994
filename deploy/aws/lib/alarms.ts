import { Duration, Stack } from 'aws-cdk-lib';
import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import * as actions from 'aws-cdk-lib/aws-cloudwatch-actions';
import * as elb from 'aws-cdk-lib/aws-elasticloadbalancingv2';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as kms from 'aws-cdk-lib/aws-kms';
import * as sns from 'aws-cdk-lib/aws-sns';
import * as subscriptions from 'aws-cdk-lib/aws-sns-subscriptions';
import { Construct } from 'constructs';
import type { Database } from './database';
import type { Hardware } from './hardware';
import type { Portal } from './portal';
import type { Settings } from './settings';

export interface AlarmsProps {
  readonly database: Database;
  readonly hardware: Hardware;
  readonly portal: Portal;
  readonly settings: Settings;
}

interface Rule {
  readonly metric: cloudwatch.Metric;
  readonly threshold: number;
  /** For how long, in minutes. */
  readonly minutes: number;
  readonly below?: boolean;
  /** No value is as bad as a bad one. */
  readonly silenceIsBad?: boolean;
  readonly text: string;
}

const gigabyte = 1024 ** 3;

/** What somebody should look at, told to a topic. */
export class Alarms extends Construct {
  readonly topic: sns.Topic;

  constructor(scope: Construct, id: string, { database, hardware, portal, settings }: AlarmsProps) {
    super(scope, id);
    this.topic = this.addTopic();
    if (settings.alarmEmail !== undefined) this.topic.addSubscription(new subscriptions.EmailSubscription(settings.alarmEmail));

    this.add('PortalUnhealthy', {
      metric: portal.targets.metrics.unhealthyHostCount({ statistic: 'Maximum' }), threshold: 1, minutes: 5, text: 'A portal is not ready.',
    });
    this.add('PortalErrors', {
      metric: portal.targets.metrics.httpCodeTarget(elb.HttpCodeTarget.TARGET_5XX_COUNT), threshold: 10, minutes: 3,
      text: 'The portal answers 5xx.',
    });
    this.add('LoadBalancerErrors', {
      metric: portal.loadBalancer.metrics.httpCodeElb(elb.HttpCodeElb.ELB_5XX_COUNT), threshold: 10, minutes: 3,
      text: 'The load balancer answers 5xx: no portal takes the requests.',
    });
    this.add('PortalBusy', {
      metric: portal.service.metricCpuUtilization(), threshold: 85, minutes: 15, text: 'The portals are busy and cannot become more: raise portalMax.',
    });
    this.add('HardwareLate', {
      metric: hardware.overdue, threshold: 300, minutes: 5, text: 'Probes are more than 5 min late.',
    });
    this.add('HardwareBusy', {
      metric: hardware.slotsUsed, threshold: 0.95, minutes: 15,
      text: 'Nearly all slots for probes are in use and the tasks cannot become more: raise hardwareMax, or the concurrency of a probe.',
    });
    this.add('HardwareSilent', {
      metric: hardware.slotsUsed.with({ statistic: 'SampleCount' }), threshold: 1, minutes: 10, below: true, silenceIsBad: true,
      text: 'No hardware task tells its metrics: none is there, or the agent fails. The number of tasks stays as it is.',
    });
    this.add('DatabaseBusy', {
      metric: database.instance.metricCPUUtilization(), threshold: 85, minutes: 15, text: 'The database is busy.',
    });
    this.add('DatabaseFull', {
      metric: database.instance.metricFreeStorageSpace({ statistic: 'Minimum' }), threshold: 2 * gigabyte, minutes: 15, below: true,
      text: 'The database has less than 2 GB left.',
    });
    this.add('DatabaseMemory', {
      metric: database.instance.metricFreeableMemory({ statistic: 'Minimum' }), threshold: 0.1 * gigabyte, minutes: 15, below: true,
      text: 'The database has less than 100 MB of memory left: take a larger databaseClass.',
    });
  }

  private add(id: string, rule: Rule): void {
    const alarm = rule.metric.with({ period: Duration.minutes(1) }).createAlarm(this, id, {
      alarmDescription: rule.text,
      threshold: rule.threshold,
      evaluationPeriods: rule.minutes,
      comparisonOperator: rule.below
        ? cloudwatch.ComparisonOperator.LESS_THAN_THRESHOLD
        : cloudwatch.ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
      treatMissingData: rule.silenceIsBad ? cloudwatch.TreatMissingData.BREACHING : cloudwatch.TreatMissingData.NOT_BREACHING,
    });
    alarm.addAlarmAction(new actions.SnsAction(this.topic));
    alarm.addOkAction(new actions.SnsAction(this.topic));
  }

  private addTopic(): sns.Topic {
    const alarms = 'cloudwatch.amazonaws.com';
    // Alarms cannot use the key that SNS has by itself.
    const key = new kms.Key(this, 'Key', { description: 'Vacancy: messages of alarms', enableKeyRotation: true });
    key.grant(new iam.ServicePrincipal(alarms), 'kms:Decrypt', 'kms:GenerateDataKey*');
    const topic = new sns.Topic(this, 'Topic', { displayName: 'Vacancy', masterKey: key, enforceSSL: true });
    // A topic with a policy of its own has lost the one by which the account's alarms may publish.
    topic.addToResourcePolicy(new iam.PolicyStatement({
      principals: [new iam.ServicePrincipal(alarms)],
      actions: ['sns:Publish'],
      resources: [topic.topicArn],
      conditions: { StringEquals: { 'aws:SourceAccount': Stack.of(this).account } },
    }));
    return topic;
  }
}
