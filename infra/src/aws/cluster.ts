import { DataAwsEksCluster } from '@cdktf/provider-aws/lib/data-aws-eks-cluster/index.js';
import { Fn, TerraformLocal } from 'cdktf';
import { Construct } from 'constructs';
import type { OidcProvider } from './identity.ts';
import type { Surroundings } from './surroundings.ts';

/** The EKS cluster that the server runs in, which exists. */
export class Cluster extends Construct {
  readonly oidc: OidcProvider;
  readonly vpcId: string;
  /** Security group of its nodes. */
  readonly securityGroupId: string;

  constructor(scope: Construct, id: string, { config, accountId, partition }: Surroundings, name: string) {
    super(scope, id);
    const cluster = new DataAwsEksCluster(this, 'cluster', { name });
    const address = cluster.identity.get(0).oidc.get(0).issuer;
    const issuer = new TerraformLocal(this, 'issuer', Fn.trimprefix(address, 'https://')).toString();
    const arn = config.cluster?.oidcProviderArn ?? `arn:${partition}:iam::${accountId}:oidc-provider/${issuer}`;
    this.oidc = { arn, issuer };
    const network = cluster.vpcConfig.get(0);
    this.vpcId = network.vpcId;
    this.securityGroupId = network.clusterSecurityGroupId;
  }
}
