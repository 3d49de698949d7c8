import { k8s } from 'cdk8s-plus-27';
import { Construct } from 'constructs';
import { MIGRATION, MIGRATION_LABELS } from '../names.ts';
import type { Settings } from '../settings.ts';
import { toDatabase, toDns } from './connections.ts';

/** The Job that migrates reaches the database and nothing else. */
export class MigrationNetworkPolicy extends Construct {
  constructor(scope: Construct, { namespace, networkPolicy }: Settings) {
    super(scope, 'migration-network-policy');
    new k8s.KubeNetworkPolicy(this, 'object', {
      metadata: { name: MIGRATION, namespace, labels: MIGRATION_LABELS },
      spec: {
        podSelector: { matchLabels: { 'app.kubernetes.io/name': MIGRATION } },
        policyTypes: ['Ingress', 'Egress'],
        egress: [toDns(), toDatabase(networkPolicy)],
      },
    });
  }
}
