import { IamRole } from '@cdktf/provider-aws/lib/iam-role/index.js';
import { IamRolePolicyAttachment } from '@cdktf/provider-aws/lib/iam-role-policy-attachment/index.js';
import type { Construct } from 'constructs';
import { formatPolicy } from './policy.ts';
import type { Surroundings } from './surroundings.ts';

/** The role under which RDS reports what a database's machine does. @returns its ARN */
export function makeMonitoringRole(scope: Construct, { config, partition }: Surroundings): string {
  const role = new IamRole(scope, 'monitoring', {
    name: `${config.name}-database-monitoring`,
    assumeRolePolicy: formatPolicy([
      { principal: { Service: 'monitoring.rds.amazonaws.com' }, actions: ['sts:AssumeRole'] },
    ]),
  });
  new IamRolePolicyAttachment(scope, 'monitoring-policy', {
    role: role.name,
    policyArn: `arn:${partition}:iam::aws:policy/service-role/AmazonRDSEnhancedMonitoringRole`,
  });
  return role.arn;
}
