import { ServiceAccount } from '@cdktf/provider-google/lib/service-account/index.js';
import { ServiceAccountIamMember } from '@cdktf/provider-google/lib/service-account-iam-member/index.js';
import { Construct } from 'constructs';

/** Who acts as a service account. */
export interface IdentityProps {
  readonly name: string;
  /** What vouches for accounts of the project's clusters. It comes with the first cluster: before, nobody takes the account. */
  readonly identityPool?: string;
  /** The service account of Kubernetes. */
  readonly account: { readonly namespace: string; readonly serviceAccount: string };
}

/** A service account that one account of Kubernetes may act as, and nobody else; it has no keys (Workload Identity). */
export class Identity extends Construct {
  readonly email: string;
  /** As policies name it. */
  readonly member: string;

  constructor(scope: Construct, id: string, { name, identityPool, account }: IdentityProps) {
    super(scope, id);
    const kubernetes = `${account.namespace}/${account.serviceAccount}`;
    const made = new ServiceAccount(this, 'account', { accountId: name, displayName: `${kubernetes} of the cluster` });
    if (identityPool !== undefined) {
      new ServiceAccountIamMember(this, 'workload-identity', {
        serviceAccountId: made.name,
        role: 'roles/iam.workloadIdentityUser',
        member: `serviceAccount:${identityPool}[${kubernetes}]`,
      });
    }
    this.email = made.email;
    this.member = `serviceAccount:${made.email}`;
  }
}
