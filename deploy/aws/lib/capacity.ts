import path from 'node:path';
import { Duration, Stack, type StackProps } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import type { Construct } from 'constructs';
import { logGroup } from './task';

const code = path.resolve(__dirname, '../../capacity');

/**
 * The Lambda function of docs/probes.md. It has no URL and no policy of its own: only the Invoke API reaches it, with a
 * signature of somebody who has lambda:InvokeFunction on it.
 */
export class Capacity extends Stack {
  constructor(scope: Construct, id: string, props: StackProps) {
    super(scope, id, props);
    const logs = logGroup(this);
    const role = new iam.Role(this, 'Role', { assumedBy: new iam.ServicePrincipal('lambda.amazonaws.com') });
    logs.grantWrite(role);
    new lambda.Function(this, 'Function', {
      functionName: 'capacity',
      description: 'Capacity for the http probe of Vacancy',
      runtime: lambda.Runtime.PYTHON_3_15,
      architecture: lambda.Architecture.ARM_64,
      code: lambda.Code.fromAsset(code, { exclude: ['__pycache__'] }),
      handler: 'capacity.handler',
      role,
      logGroup: logs,
      timeout: Duration.seconds(10),
      memorySize: 128,
    });
  }
}
