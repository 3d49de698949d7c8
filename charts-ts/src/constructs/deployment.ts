import { k8s } from 'cdk8s-plus-27';
import { Construct } from 'constructs';
import { LABELS, PORTS, priorityClassOf, SELECTOR, SERVER } from '../names.ts';
import type { Settings } from '../settings.ts';
import { certificateAuthorities } from './certificate-authorities.ts';
import { imageOf } from './image.ts';
import { placementOf } from './placement.ts';
import { CONTAINER_SECURITY, podSecurity } from './pod-security.ts';
import { quantities } from './quantities.ts';

/** The server's pods. */
export class Deployment extends Construct {
  constructor(scope: Construct, settings: Settings) {
    super(scope, 'deployment');
    const { namespace, server, autoscaling, checksum } = settings;
    new k8s.KubeDeployment(this, 'object', {
      metadata: { name: SERVER, namespace, labels: LABELS },
      spec: {
        // Where the autoscaler decides, a number here would undo its decision at every apply.
        ...(!autoscaling.enabled && { replicas: server.replicas }),
        selector: { matchLabels: SELECTOR },
        strategy: {
          type: 'RollingUpdate',
          rollingUpdate: { maxUnavailable: k8s.IntOrString.fromNumber(0), maxSurge: k8s.IntOrString.fromNumber(1) },
        },
        template: {
          metadata: { labels: LABELS, annotations: { 'zenml.io/environment': checksum } },
          spec: pod(settings),
        },
      },
    });
  }
}

function pod({ namespace, server, secret, gracePeriodSeconds }: Settings): k8s.PodSpec {
  const { env, volumes, volumeMounts } = certificateAuthorities(server);
  return {
    serviceAccountName: server.serviceAccount.name,
    // The server speaks to the Kubernetes API; no other account's token is mounted anywhere.
    automountServiceAccountToken: true,
    priorityClassName: priorityClassOf(namespace),
    imagePullSecrets: server.image.pullSecrets.map((name) => ({ name })),
    // The server drains by itself on SIGTERM, so no preStop command is needed, which a slim image could not run.
    terminationGracePeriodSeconds: gracePeriodSeconds,
    securityContext: podSecurity(server.userId),
    ...placementOf(server),
    topologySpreadConstraints: ['topology.kubernetes.io/zone', 'kubernetes.io/hostname'].map((topologyKey) => ({
      maxSkew: 1,
      topologyKey,
      whenUnsatisfiable: 'ScheduleAnyway',
      labelSelector: { matchLabels: SELECTOR },
    })),
    containers: [
      {
        name: 'server',
        image: imageOf(server),
        imagePullPolicy: server.image.pullPolicy,
        ports: [
          { name: 'http', containerPort: PORTS.http },
          { name: 'metrics', containerPort: PORTS.metrics },
        ],
        env,
        envFrom: [{ configMapRef: { name: SERVER } }, { secretRef: { name: secret.name } }],
        resources: { requests: quantities(server.resources.requests), limits: quantities(server.resources.limits) },
        securityContext: CONTAINER_SECURITY,
        // The server listens after its migrations: an empty database takes a while.
        startupProbe: { ...probe('/health'), periodSeconds: 2, failureThreshold: 150 },
        livenessProbe: { ...probe('/health'), periodSeconds: 10, timeoutSeconds: 5, failureThreshold: 6 },
        readinessProbe: { ...probe('/ready'), periodSeconds: 5, timeoutSeconds: 3, failureThreshold: 2 },
        volumeMounts: [{ name: 'tmp', mountPath: '/tmp' }, ...volumeMounts],
      },
    ],
    volumes: [{ name: 'tmp', emptyDir: { sizeLimit: k8s.Quantity.fromString('1Gi') } }, ...volumes],
  };
}

function probe(path: string): k8s.Probe {
  return { httpGet: { path, port: k8s.IntOrString.fromString('http') } };
}
