import { Validations } from 'aws-cdk-lib';
import type * as ecs from 'aws-cdk-lib/aws-ecs';

/** What cdk-nag finds in every task, and why it stands. */
export function acknowledgeTask(task: ecs.FargateTaskDefinition): void {
  Validations.of(task).acknowledge({
    id: 'AwsSolutions-ECS2',
    reason: 'The variables are addresses, paths and public certificates; secrets come from Secrets Manager.',
  });
  Validations.of(task.obtainExecutionRole()).acknowledge({
    id: 'AwsSolutions-IAM5[Resource::*]',
    reason: 'ecr:GetAuthorizationToken, which fetching an image needs, has no narrower resource.',
  });
}

/** The same for a task that may ask for spot placement scores. */
export function acknowledgeSpotScores(task: ecs.FargateTaskDefinition): void {
  Validations.of(task.taskRole).acknowledge({
    id: 'AwsSolutions-IAM5[Resource::*]',
    reason: 'The three actions of EC2 that probes of kind aws need read lists of AWS, and know no resources.',
  });
}
