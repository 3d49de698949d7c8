import type { V1EnvVar, V1Job, V1PodSpec, V1PodTemplateSpec, V1Secret } from '@kubernetes/client-node';
import type { Workload } from '../manager.ts';
import { placementOf, retriesOf } from './job-parts.ts';
import { annotationsOf, labelsOf } from './labels.ts';
import type { JobSettings } from './settings.ts';

/** The container of a runner's pod, named as its component: by that it is found. */
export const RUNNER_CONTAINER = 'runner';

const HOME = '/home/runner';

/** The Job of a runner. `secretsIn`: where its tokens are; a role that grants no Secrets leaves the pod's environment. */
export function runnerJob(workload: Workload, settings: JobSettings, secretsIn: 'secret' | 'environment'): V1Job {
  const labels = labelsOf({ ...workload, serverId: settings.serverId, component: 'runner' }, workload.describedBy);
  const annotations = annotationsOf(workload.describedBy);
  const template: V1PodTemplateSpec = {
    metadata: { labels, annotations },
    spec: podSpec(workload, settings, environment(workload, secretsIn)),
  };
  return {
    apiVersion: 'batch/v1',
    kind: 'Job',
    metadata: { name: workload.name, namespace: settings.namespace, labels, annotations },
    spec: {
      ...retriesOf(settings, RUNNER_CONTAINER),
      ttlSecondsAfterFinished: settings.ttlSecondsAfterFinished,
      template,
    },
  };
}

function environment(workload: Workload, secretsIn: 'secret' | 'environment'): V1EnvVar[] {
  const plain = { ...workload.environment, HOME, ...(secretsIn === 'environment' && workload.secretEnvironment) };
  const secret = secretsIn === 'secret' ? Object.keys(workload.secretEnvironment) : [];
  return [
    ...Object.entries(plain).map(([name, value]) => ({ name, value })),
    ...secret.map((name) => ({ name, valueFrom: { secretKeyRef: { name: workload.name, key: name } } })),
  ];
}

/** Passes the Pod Security Standard `restricted`, unless its image needs root. */
function podSpec(workload: Workload, settings: JobSettings, env: V1EnvVar[]): V1PodSpec {
  const { podResources, userId } = settings;
  return {
    restartPolicy: 'Never',
    serviceAccountName: settings.serviceAccount,
    automountServiceAccountToken: workload.needsClusterAccess,
    // Names of Services that happen to begin with ZENML_ would be taken for settings.
    enableServiceLinks: false,
    ...placementOf(settings),
    securityContext: {
      runAsNonRoot: userId !== 0,
      runAsUser: userId,
      runAsGroup: userId,
      fsGroup: userId,
      seccompProfile: { type: 'RuntimeDefault' },
    },
    containers: [
      {
        name: RUNNER_CONTAINER,
        image: workload.image,
        command: [...workload.command],
        args: [...workload.arguments],
        env,
        ...(podResources && { resources: podResources }),
        // The last lines of a runner that fails say why, also after its pod is gone.
        terminationMessagePolicy: 'FallbackToLogsOnError',
        securityContext: { allowPrivilegeEscalation: false, capabilities: { drop: ['ALL'] } },
        volumeMounts: [{ name: 'home', mountPath: HOME }],
      },
    ],
    volumes: [{ name: 'home', emptyDir: {} }],
  };
}

/** The tokens of a runner: gone with its Job. */
export function runnerSecret(workload: Workload, settings: JobSettings, jobUid: string): V1Secret {
  const labels = labelsOf({ ...workload, serverId: settings.serverId, component: 'runner' }, workload.describedBy);
  return {
    apiVersion: 'v1',
    kind: 'Secret',
    type: 'Opaque',
    metadata: {
      name: workload.name,
      namespace: settings.namespace,
      labels,
      ownerReferences: [{ apiVersion: 'batch/v1', kind: 'Job', name: workload.name, uid: jobUid }],
    },
    stringData: { ...workload.secretEnvironment },
  };
}
