import { SecurityGroup } from '@cdktf/provider-aws/lib/security-group/index.js';
import { VpcSecurityGroupIngressRule } from '@cdktf/provider-aws/lib/vpc-security-group-ingress-rule/index.js';
import { Op } from 'cdktf';
import { Construct } from 'constructs';
import type { Cluster } from './cluster.ts';
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
  readonly cluster?: Cluster;
}

/** Who may reach a database: these ranges, and the cluster. It reaches nobody by itself. */
export class DatabaseAccess extends Construct {
  readonly groupId: string;

  constructor(scope: Construct, id: string, props: DatabaseAccessProps) {
    super(scope, id);
    const { name, vpcId, cidrs, cluster, provider } = props;
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
    if (cluster) {
      // A group of another VPC is one that AWS does not know here.
      const errorMessage =
        'The cluster lies in another VPC than the database: name its VPC in network (docs/infra.md).';
      new VpcSecurityGroupIngressRule(this, 'cluster', {
        ...rule,
        referencedSecurityGroupId: cluster.securityGroupId,
        description: "Pods on the cluster's nodes",
        lifecycle: { precondition: [{ condition: Op.eq(cluster.vpcId, vpcId), errorMessage }] },
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
