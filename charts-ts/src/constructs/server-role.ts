import { k8s } from 'cdk8s-plus-27';
import { Construct } from 'constructs';
import { ROLE_RULES } from '../../../server/src/workloads/kubernetes/role.ts';
import { LABELS, SERVER } from '../names.ts';
import type { Settings } from '../settings.ts';

/** What the server may do, in the namespace of the runners and nowhere else. The runners may do nothing. */
export class ServerRole extends Construct {
  constructor(scope: Construct, { namespace, server, runners }: Settings) {
    super(scope, 'server-role');
    const metadata = { name: SERVER, namespace: runners.namespace, labels: LABELS };
    new k8s.KubeRole(this, 'object', { metadata, rules: ROLE_RULES });
    new k8s.KubeRoleBinding(this, 'binding', {
      metadata,
      roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'Role', name: SERVER },
      subjects: [{ kind: 'ServiceAccount', name: server.serviceAccount.name, namespace }],
    });
  }
}
