import { IamRole } from '@cdktf/provider-aws/lib/iam-role/index.js';
import { IamRolePolicy } from '@cdktf/provider-aws/lib/iam-role-policy/index.js';
import { Construct } from 'constructs';
import { formatPolicy, type Statement } from './policy.ts';

/** Who gets a role, and what it allows. */
export interface IdentityProps {
  readonly name: string;
  readonly description: string;
  readonly oidc: OidcProvider;
  /** The service account of Kubernetes. */
  readonly account: { readonly namespace: string; readonly serviceAccount: string };
  readonly statements: readonly Statement[];
}

/** What vouches for the service accounts of a cluster. */
export interface OidcProvider {
  readonly arn: string;
  /** Its address without `https://`. */
  readonly issuer: string;
}

/** A role that one service account of the cluster gets, and nobody else (IRSA). */
export class Identity extends Construct {
  readonly roleArn: string;

  constructor(scope: Construct, id: string, props: IdentityProps) {
    super(scope, id);
    const { oidc, account } = props;
    const role = new IamRole(this, 'role', {
      name: props.name,
      description: props.description,
      assumeRolePolicy: formatPolicy([
        {
          principal: { Federated: oidc.arn },
          actions: ['sts:AssumeRoleWithWebIdentity'],
          condition: {
            StringEquals: {
              [`${oidc.issuer}:sub`]: `system:serviceaccount:${account.namespace}:${account.serviceAccount}`,
              [`${oidc.issuer}:aud`]: 'sts.amazonaws.com',
            },
          },
        },
      ]),
    });
    new IamRolePolicy(this, 'policy', {
      name: 'workspace-server',
      role: role.name,
      policy: formatPolicy(props.statements),
    });
    this.roleArn = role.arn;
  }
}
