import path from 'node:path';
import { Duration } from 'aws-cdk-lib';
import * as ecrAssets from 'aws-cdk-lib/aws-ecr-assets';
import * as ecs from 'aws-cdk-lib/aws-ecs';
import * as logs from 'aws-cdk-lib/aws-logs';
import type { Construct } from 'constructs';

const repository = path.resolve(__dirname, '../../../..');

/** User and group of the program in its image. */
export const user = '10001:10001';

/** An image of our Dockerfile. Its hash is that of what .dockerignore lets in, so no engine is needed to synthesise. */
export function image(scope: Construct, target: 'portal' | 'hardware'): ecs.ContainerImage {
  const asset = new ecrAssets.DockerImageAsset(scope, 'Image', {
    directory: repository,
    file: 'deploy/docker/Dockerfile',
    target,
    platform: ecrAssets.Platform.LINUX_AMD64,
  });
  return ecs.ContainerImage.fromDockerImageAsset(asset);
}

export function task(scope: Construct, cpu: number, memoryLimitMiB: number): ecs.FargateTaskDefinition {
  return new ecs.FargateTaskDefinition(scope, 'Task', {
    cpu,
    memoryLimitMiB,
    runtimePlatform: { cpuArchitecture: ecs.CpuArchitecture.X86_64, operatingSystemFamily: ecs.OperatingSystemFamily.LINUX },
  });
}

export function logGroup(scope: Construct, id = 'Logs'): logs.LogGroup {
  return new logs.LogGroup(scope, id, { retention: logs.RetentionDays.ONE_MONTH });
}

type Required = Pick<ecs.ContainerDefinitionOptions, 'image'> & { readonly logGroup: logs.ILogGroup };

/** A container that may do nothing but its work: no capability, nothing to write to but its volumes. */
export function addContainer(
  task: ecs.TaskDefinition, name: string, options: Required & Partial<ecs.ContainerDefinitionOptions>,
): ecs.ContainerDefinition {
  const { logGroup, ...rest } = options;
  const linuxParameters = new ecs.LinuxParameters(task, `${name}-linux`, { initProcessEnabled: true });
  linuxParameters.dropCapabilities(ecs.Capability.ALL);
  return task.addContainer(name, {
    containerName: name,
    user,
    readonlyRootFilesystem: true,
    privileged: false,
    linuxParameters,
    logging: ecs.LogDrivers.awsLogs({ logGroup, streamPrefix: name, mode: ecs.AwsLogDriverMode.NON_BLOCKING }),
    // Lame duck, answers under way, and 10 s for the rest.
    stopTimeout: Duration.seconds(60),
    ...rest,
  });
}

/** What both services have in common: a new task is up and healthy before an old one goes. */
export const rolling = {
  minHealthyPercent: 100,
  maxHealthyPercent: 200,
  circuitBreaker: { enable: true, rollback: true },
  assignPublicIp: false,
  platformVersion: ecs.FargatePlatformVersion.VERSION1_4,
} satisfies Partial<ecs.FargateServiceProps>;
