import { Stack } from 'aws-cdk-lib';
import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import * as ecs from 'aws-cdk-lib/aws-ecs';
import type { Construct } from 'constructs';
import { ports } from './network';
import { addContainer, logGroup } from './task';

const agentImage = 'public.ecr.aws/cloudwatch-agent/cloudwatch-agent:1.300062.0b1304';
/** Where the agent writes its configuration when it starts, the only place. */
const agentDirectory = '/opt/aws/amazon-cloudwatch-agent/etc';

const namespace = 'Vacancy';
const service = 'hardware';
const metrics = ['vacancy_probe_slots_used_ratio', 'vacancy_overdue_max_seconds'] as const;

export interface AgentProps {
  readonly task: ecs.FargateTaskDefinition;
  readonly cluster: ecs.Cluster;
  readonly hardware: ecs.ContainerDefinition;
}

/** A metric of all tasks of the hardware service, as the agent sends it. */
export function hardwareMetric(cluster: ecs.Cluster, metricName: (typeof metrics)[number], statistic: string): cloudwatch.Metric {
  return new cloudwatch.Metric({ namespace, metricName, statistic, dimensionsMap: { ClusterName: cluster.clusterName, ServiceName: service } });
}

/**
 * Reads the metrics of the container beside it and sends those of above to CloudWatch, as lines of a log in the embedded
 * metric format: it needs no right but to write to that log.
 */
export function addAgent(scope: Construct, { task, cluster, hardware }: AgentProps): void {
  const lines = logGroup(scope, 'Metrics');
  const stack = Stack.of(scope);
  const pattern = (words: readonly string[]) => `^(${words.join('|')})$`;
  const scrape = {
    global: { scrape_interval: '30s', scrape_timeout: '10s' },
    scrape_configs: [{
      job_name: service,
      static_configs: [{ targets: [`localhost:${ports.hardwareAdmin}`], labels: { ClusterName: cluster.clusterName, ServiceName: service } }],
      metric_relabel_configs: [{ source_labels: ['__name__'], regex: pattern(metrics), action: 'keep' }],
    }],
  };
  const agent = {
    agent: { region: stack.region },
    logs: {
      metrics_collected: {
        prometheus: {
          cluster_name: cluster.clusterName,
          log_group_name: lines.logGroupName,
          prometheus_config_path: 'env:PROMETHEUS_CONFIG_CONTENT',
          emf_processor: {
            metric_namespace: namespace,
            metric_declaration: [{
              source_labels: ['ServiceName'],
              label_matcher: pattern([service]),
              dimensions: [['ClusterName', 'ServiceName']],
              metric_selectors: [pattern(metrics)],
            }],
          },
        },
      },
      force_flush_interval: 5,
    },
  };
  task.addVolume({ name: 'agent' });
  const container = addContainer(task, 'cloudwatch-agent', {
    image: ecs.ContainerImage.fromRegistry(agentImage),
    logGroup: logGroup(scope, 'AgentLogs'),
    // The image's own user, to whom the new volume belongs.
    user: '0:0',
    // Without it the number of tasks stays as it is, and an alarm says so; the service goes on.
    essential: false,
    cpu: 64,
    memoryLimitMiB: 256,
    environment: { PROMETHEUS_CONFIG_CONTENT: stack.toJsonString(scrape), CW_CONFIG_CONTENT: stack.toJsonString(agent) },
  });
  container.addMountPoints({ sourceVolume: 'agent', containerPath: agentDirectory, readOnly: false });
  container.addContainerDependencies({ container: hardware, condition: ecs.ContainerDependencyCondition.START });
  lines.grantWrite(task.taskRole);
}
