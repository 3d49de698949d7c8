import { SecurityGroup } from '@cdktf/provider-aws/lib/security-group/index.js';
import { VpcSecurityGroupIngressRule } from '@cdktf/provider-aws/lib/vpc-security-group-ingress-rule/index.js';
import { Construct } from 'constructs';
import type { Elsewhere } from './surroundings.ts';

/** Port of MySQL. */
export const MYSQL_PORT = 3306;

/** Who is let in, and where. */
export interface DatabaseAccessProps extends Elsewhere {
  /** Of the stack. */
  readonly name: string;
  readonly vpcId: string;
  /** Address ranges of clients. */
  readonly cidrs: readonly string[];
  /** Security group of the cluster's nodes. */
  readonly clusterGroupId?: string;
}

/** Who may reach a database: these ranges, and the cluster. It reaches nobody by itself. */
export class DatabaseAccess extends Construct {
  readonly groupId: string;

  constructor(scope: Construct, id: string, props: DatabaseAccessProps) {
    super(scope, id);
    const { name, vpcId, cidrs, clusterGroupId, provider } = props;
    const group = new SecurityGroup(this, 'group', {
      provider,
      namePrefix: `${name}-database-`,
      description: `MySQL of ${name}`,
      vpcId,
      tags: { Name: `${name}-database` },
      lifecycle: { createBeforeDestroy: true },
    });
    const rule = {
      provider,
      securityGroupId: group.id,
      ipProtocol: 'tcp',
      fromPort: MYSQL_PORT,
      toPort: MYSQL_PORT,
    };
    if (clusterGroupId !== undefined) {
      const description = "Pods on the cluster's nodes";
      new VpcSecurityGroupIngressRule(this, 'cluster', {
        ...rule,
        referencedSecurityGroupId: clusterGroupId,
        description,
      });
    }
    for (const [index, cidrIpv4] of cidrs.entries()) {
      new VpcSecurityGroupIngressRule(this, `range-${index}`, {
        ...rule,
        cidrIpv4,
        description: 'Clients of the database',
      });
    }
    this.groupId = group.id;
  }
}
