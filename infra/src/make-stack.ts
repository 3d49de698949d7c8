import type { TerraformStack } from 'cdktf';
import type { Construct } from 'constructs';
import { AwsStack } from './aws/aws-stack.ts';
import type { Config } from './config/read-config.ts';
import { GoogleStack } from './google/google-stack.ts';

/** The stack that a configuration describes. */
export function makeStack(scope: Construct, config: Config): TerraformStack {
  return config.cloud === 'aws' ? new AwsStack(scope, config) : new GoogleStack(scope, config);
}
