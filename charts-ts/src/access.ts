import { k8s } from 'cdk8s-plus-27';
import { Construct } from 'constructs';
import { ROLE_RULES } from '../../server/src/workloads/kubernetes/role.ts';
import { LABELS, SERVER } from './names.ts';
import type { Settings } from './settings.ts';

/** Accounts of server and runners, and the server's role. The runners' account has none. */
export class Access extends Construct {
  constructor(scope: Construct, { namespace, server, runners }: Settings) {
    super(scope, 'access');
    const { name, annotations } = server.serviceAccount;
    new k8s.KubeServiceAccount(this, 'server', {
      metadata: { name, namespace, labels: LABELS, annotations },
      automountServiceAccountToken: false,
    });
    new k8s.KubeServiceAccount(this, 'runner', {
      metadata: {
        name: runners.serviceAccount,
        namespace: runners.namespace,
        labels: LABELS,
        annotations: runners.serviceAccountAnnotations,
      },
      automountServiceAccountToken: false,
      imagePullSecrets: runners.imagePullSecrets.map((secret) => ({ name: secret })),
    });
    const metadata = { name: SERVER, namespace: runners.namespace, labels: LABELS };
    new k8s.KubeRole(this, 'role', { metadata, rules: ROLE_RULES });
    new k8s.KubeRoleBinding(this, 'binding', {
      metadata,
      roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'Role', name: SERVER },
      subjects: [{ kind: 'ServiceAccount', name, namespace }],
    });
  }
}
