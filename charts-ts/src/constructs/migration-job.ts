import { createHash } from 'node:crypto';
import { k8s } from 'cdk8s-plus-27';
import { Construct } from 'constructs';
import { MIGRATION, MIGRATION_LABELS } from '../names.ts';
import type { Settings } from '../settings.ts';
import { certificateAuthorities } from './certificate-authorities.ts';
import { imageOf } from './image.ts';
import { placementOf } from './placement.ts';
import { CONTAINER_SECURITY, podSecurity } from './pod-security.ts';
import { quantities } from './quantities.ts';

/** Brings the database up to date before the server's pods are replaced; these change nothing then. */
export class MigrationJob extends Construct {
  constructor(scope: Construct, settings: Settings) {
    super(scope, 'migration-job');
    const { namespace, migration } = settings;
    const spec: k8s.JobSpec = {
      // It waits for the database by itself, and no other fault goes away by another try: what is refused fails at once.
      backoffLimit: 0,
      activeDeadlineSeconds: migration.timeoutSeconds,
      ttlSecondsAfterFinished: migration.ttlSecondsAfterFinished,
      template: { metadata: { labels: MIGRATION_LABELS }, spec: pod(settings) },
    };
    // What a Job does cannot be changed: one that does something else has another name.
    const name = settings.migrationJob ?? `${MIGRATION}-${hashOf(spec)}`;
    new k8s.KubeJob(this, 'object', { metadata: { name, namespace, labels: MIGRATION_LABELS }, spec });
  }
}

function pod({ server, secret, migration, variables }: Settings): k8s.PodSpec {
  const byName = Object.entries(variables).sort(([one], [other]) => (one < other ? -1 : 1));
  const { env, volumes, volumeMounts } = certificateAuthorities(server);
  return {
    restartPolicy: 'Never',
    // It needs nothing but the database, and Helm starts it before there is an account or a ConfigMap.
    automountServiceAccountToken: false,
    imagePullSecrets: server.image.pullSecrets.map((name) => ({ name })),
    securityContext: podSecurity(server.userId),
    ...placementOf(server),
    containers: [
      {
        name: 'migration',
        image: imageOf(server),
        imagePullPolicy: server.image.pullPolicy,
        args: ['migrate'],
        env: [...byName.map(([name, value]) => ({ name, value })), ...env],
        // Of several that have a variable the last one counts.
        envFrom: [secret.name, ...(migration.secret ? [migration.secret] : [])].map((name) => ({
          secretRef: { name },
        })),
        resources: { requests: quantities(server.resources.requests), limits: quantities(server.resources.limits) },
        securityContext: CONTAINER_SECURITY,
        volumeMounts: [{ name: 'tmp', mountPath: '/tmp' }, ...volumeMounts],
      },
    ],
    volumes: [{ name: 'tmp', emptyDir: {} }, ...volumes],
  };
}

function hashOf(spec: k8s.JobSpec): string {
  return createHash('sha256').update(JSON.stringify(spec)).digest('hex').slice(0, 10);
}
