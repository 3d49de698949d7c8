import { IamRole } from '@cdktf/provider-aws/lib/iam-role/index.js';
import { IamRolePolicyAttachment } from '@cdktf/provider-aws/lib/iam-role-policy-attachment/index.js';
import type { Construct } from 'constructs';
import { instancesOf } from './database-instances.ts';
import { formatPolicy } from './policy.ts';
import type { Surroundings } from './surroundings.ts';

/** The role under which RDS reports what the machines of these databases do, and of no others. @returns its ARN */
export function makeMonitoringRole(scope: Construct, { config, accountId, partition }: Surroundings): string {
  const databases = instancesOf(config).map(
    ({ identifier, region }) => `arn:${partition}:rds:${region}:${accountId}:db:${identifier}`,
  );
  const role = new IamRole(scope, 'monitoring', {
    name: `${config.name}-database-monitoring`,
    assumeRolePolicy: formatPolicy([
      {
        principal: { Service: 'monitoring.rds.amazonaws.com' },
        actions: ['sts:AssumeRole'],
        condition: {
          StringEquals: { 'aws:SourceAccount': accountId },
          ArnEquals: { 'aws:SourceArn': databases },
        },
      },
    ]),
  });
  new IamRolePolicyAttachment(scope, 'monitoring-policy', {
    role: role.name,
    policyArn: `arn:${partition}:iam::aws:policy/service-role/AmazonRDSEnhancedMonitoringRole`,
  });
  return role.arn;
}
