import type { V1Container, V1EnvVar, V1Job, V1PodSpec, V1Secret, V1SecurityContext } from '@kubernetes/client-node';
import { placementOf, retriesOf } from '../kubernetes/job-parts.ts';
import { annotationsOf, LABELS, labelsOf } from '../kubernetes/labels.ts';
import type { JobSettings } from '../kubernetes/settings.ts';
import type { ImageBuild } from './image-preparation.ts';
import type { BuilderCredentials } from './image-registry.ts';

/** How builders run, beyond what holds for all Jobs. */
export interface BuilderSettings {
  /** Rootless BuildKit, with `buildctl-daemonless.sh`. */
  readonly image: string;
  /** Registries without TLS. */
  readonly plainHttp: readonly string[];
  /** Whether seccomp and AppArmor are switched off for it, for nodes whose defaults forbid user namespaces. */
  readonly unconfined: boolean;
  /** How long a build may take, seconds. */
  readonly timeoutSeconds: number;
  /** Another metadata server than Google's. */
  readonly metadataHost?: string;
}

/** What one builder Job is made of. */
export interface BuilderJob {
  readonly build: ImageBuild;
  /** Tells this Job from others of the same name, before and after it. */
  readonly buildId: string;
  readonly job: Omit<JobSettings, 'userId'>;
  readonly builder: BuilderSettings;
  readonly credentials: BuilderCredentials | undefined;
  /** Where tokens go; a role that grants no Secrets leaves the pod's environment. */
  readonly secretsIn: 'secret' | 'environment';
}

/** The container of a builder's pod, named as its component: by that it is found. */
export const BUILDER_CONTAINER = 'builder';

const FILES = '/build';
const DOCKER_CONFIG = `${FILES}/docker`;
const HELPERS = `${FILES}/bin`;
const STATE = '/home/user/.local/share/buildkit';
const CONFIG_VARIABLE = 'DOCKER_CONFIG_JSON';

/** Until whoever waits for a Job has seen how it ended, seconds. */
const SHORTEST_TTL = 60;

/** For clusters before 1.30, which do not know the field. */
const WITHOUT_APPARMOR = { [`container.apparmor.security.beta.kubernetes.io/${BUILDER_CONTAINER}`]: 'unconfined' };

/** User and group of BuildKit's rootless image. */
const USER = 1000;

/** Where pods on Google's cloud learn who they are. */
const METADATA_HOST = 'metadata.google.internal';

/** Speaks Docker's protocol of credential helpers: the registry on standard input, its credentials on standard output. */
const CREDENTIAL_HELPER = `#!/bin/sh
[ "$1" = get ] || exit 0
read -r registry
path=computeMetadata/v1/instance/service-accounts/default/token
answer=$(wget -q -O - --header 'Metadata-Flavor: Google' "http://$METADATA_HOST/$path") || {
  echo "the metadata server gives the builder's service account no token" && exit 1
}
token=$(printf '%s' "$answer" | sed -n 's/.*"access_token" *: *"\\([^"]*\\)".*/\\1/p')
printf '{"ServerURL":"%s","Username":"oauth2accesstoken","Secret":"%s"}' "$registry" "$token"`;

/** Files come in the environment, because a role for ConfigMaps is not asked for. */
const SCRIPT = `set -eu
mkdir -p ${FILES}/context
printf '%s\\n' "$DOCKERFILE" > ${FILES}/context/Dockerfile
printf '%s' "$BUILDKITD_TOML" > ${FILES}/buildkitd.toml
if [ -n "\${${CONFIG_VARIABLE}:-}" ]; then
  mkdir -p ${DOCKER_CONFIG}
  printf '%s' "$${CONFIG_VARIABLE}" > ${DOCKER_CONFIG}/config.json
  unset ${CONFIG_VARIABLE}
fi
if [ -n "\${METADATA_HOST:-}" ]; then
  mkdir -p ${HELPERS}
  printf '%s\\n' "$CREDENTIAL_HELPER" > ${HELPERS}/docker-credential-google
  chmod +x ${HELPERS}/docker-credential-google
fi
exec buildctl-daemonless.sh "$@"`;

/** The Job that builds an image and pushes it. Passes the Pod Security Standard `baseline`. */
export function builderJob(parts: BuilderJob): V1Job {
  const { build, buildId, job } = parts;
  const { owner } = build.request;
  const name = build.name.builderName;
  const common = labelsOf({ serverId: job.serverId, component: 'builder', name, launchNumber: 1 }, owner);
  const labels = { ...common, [LABELS.build]: buildId };
  const annotations = { ...annotationsOf(owner), 'zenml.io/image': build.name.image };
  return {
    apiVersion: 'batch/v1',
    kind: 'Job',
    metadata: { name, namespace: job.namespace, labels, annotations },
    spec: {
      ...retriesOf(job, BUILDER_CONTAINER),
      ttlSecondsAfterFinished: Math.max(job.ttlSecondsAfterFinished, SHORTEST_TTL),
      activeDeadlineSeconds: parts.builder.timeoutSeconds,
      template: {
        metadata: { labels, annotations: { ...annotations, ...(parts.builder.unconfined && WITHOUT_APPARMOR) } },
        spec: podSpec(parts),
      },
    },
  };
}

function podSpec(parts: BuilderJob): V1PodSpec {
  const pullSecret = parts.credentials?.kind === 'pull secret' ? parts.credentials.name : undefined;
  return {
    restartPolicy: 'Never',
    serviceAccountName: parts.job.serviceAccount,
    automountServiceAccountToken: false,
    enableServiceLinks: false,
    // A build that is given up has nothing to save.
    terminationGracePeriodSeconds: 2,
    ...placementOf(parts.job),
    containers: [container(parts, pullSecret)],
    volumes: [
      { name: 'files', emptyDir: {} },
      // On the container's own file system BuildKit would copy layers instead of stacking them.
      { name: 'state', emptyDir: {} },
      ...(pullSecret === undefined
        ? []
        : [{ name: 'docker-config', secret: { secretName: pullSecret, items: CONFIG_ITEM } }]),
    ],
  };
}

const CONFIG_ITEM = [{ key: '.dockerconfigjson', path: 'config.json' }];

function container(parts: BuilderJob, pullSecret: string | undefined): V1Container {
  const { podResources } = parts.job;
  return {
    name: BUILDER_CONTAINER,
    image: parts.builder.image,
    command: ['sh', '-c', SCRIPT, 'build'],
    args: buildArguments(parts),
    env: environment(parts),
    ...(podResources && { resources: podResources }),
    terminationMessagePolicy: 'FallbackToLogsOnError',
    securityContext: securityContext(parts.builder),
    volumeMounts: [
      { name: 'files', mountPath: FILES },
      { name: 'state', mountPath: STATE },
      ...(pullSecret === undefined ? [] : [{ name: 'docker-config', mountPath: DOCKER_CONFIG, readOnly: true }]),
    ],
  };
}

/** The least that rootless BuildKit runs with: newuidmap and newgidmap need two capabilities and the right to get them. */
function securityContext({ unconfined }: BuilderSettings): V1SecurityContext {
  return {
    runAsUser: USER,
    runAsGroup: USER,
    runAsNonRoot: true,
    allowPrivilegeEscalation: true,
    capabilities: { drop: ['ALL'], add: ['SETUID', 'SETGID'] },
    // Left out, both are the container runtime's default, which Kubernetes leaves off for seccomp; `baseline` forbids
    // to switch them off by name.
    ...(unconfined && { seccompProfile: { type: 'Unconfined' }, appArmorProfile: { type: 'Unconfined' } }),
  };
}

function buildArguments({ build: { name }, builder }: BuilderJob): string[] {
  const insecure = isPlain(name.image, builder) ? ',registry.insecure=true' : '';
  const cache = `type=registry,ref=${name.cache}`;
  return [
    'build',
    '--progress=plain',
    '--frontend=dockerfile.v0',
    `--local=context=${FILES}/context`,
    `--local=dockerfile=${FILES}/context`,
    `--output=type=image,name=${name.image},push=true${insecure}`,
    `--import-cache=${cache}${insecure}`,
    // Image manifests are what every registry takes; a cache that cannot be kept keeps no image from being used.
    `--export-cache=${cache},mode=max,image-manifest=true,oci-mediatypes=true,ignore-error=true${insecure}`,
  ];
}

function isPlain(image: string, { plainHttp }: BuilderSettings): boolean {
  return plainHttp.some((registry) => image.startsWith(`${registry}/`));
}

function environment(parts: BuilderJob): V1EnvVar[] {
  const { build, builder, credentials } = parts;
  const registries = [...new Set(builder.plainHttp)].map(
    (registry) => `[registry.${JSON.stringify(registry)}]\nhttp = true\n`,
  );
  const plain: Record<string, string> = {
    USER: 'user',
    HOME: '/home/user',
    XDG_RUNTIME_DIR: `/run/user/${USER}`,
    DOCKER_CONFIG,
    BUILDKITD_FLAGS: `--config=${FILES}/buildkitd.toml --oci-worker-no-process-sandbox`,
    // 12 s in all: BuildKit starts slowly on a busy node.
    BUILDCTL_CONNECT_RETRIES_MAX: '30',
    BUILDKITD_TOML: registries.join(''),
    DOCKERFILE: build.dockerfile,
  };
  if (credentials?.kind === 'google identity') Object.assign(plain, googleIdentity(credentials.registry, builder));
  const variables: V1EnvVar[] = Object.entries(plain).map(([name, value]) => ({ name, value: literally(value) }));
  if (credentials?.kind !== 'docker config') return variables;
  const secretKeyRef = { name: builderSecretName(parts), key: CONFIG_VARIABLE };
  const inSecret = parts.secretsIn === 'secret';
  variables.push({
    name: CONFIG_VARIABLE,
    ...(inSecret ? { valueFrom: { secretKeyRef } } : { value: literally(credentials.json) }),
  });
  return variables;
}

/** Kubernetes replaces `$(NAME)` in values by another variable. */
function literally(value: string): string {
  return value.replaceAll('$', '$$$$');
}

function googleIdentity(registry: string, { metadataHost = METADATA_HOST }: BuilderSettings): Record<string, string> {
  return {
    METADATA_HOST: metadataHost,
    CREDENTIAL_HELPER,
    PATH: `${HELPERS}:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin`,
    [CONFIG_VARIABLE]: JSON.stringify({ credHelpers: { [registry]: 'google' } }),
  };
}

/** The credentials of a builder: gone with its Job. @returns `undefined` where it needs none of its own */
export function builderSecret(parts: BuilderJob, jobUid: string): V1Secret | undefined {
  const { build, credentials, job } = parts;
  if (credentials?.kind !== 'docker config' || parts.secretsIn !== 'secret') return undefined;
  const name = build.name.builderName;
  return {
    apiVersion: 'v1',
    kind: 'Secret',
    type: 'Opaque',
    metadata: {
      name: builderSecretName(parts),
      namespace: job.namespace,
      labels: { [LABELS.component]: 'builder', [LABELS.server]: job.serverId, [LABELS.workload]: name },
      ownerReferences: [{ apiVersion: 'batch/v1', kind: 'Job', name, uid: jobUid }],
    },
    stringData: { [CONFIG_VARIABLE]: credentials.json },
  };
}

function builderSecretName({ build, buildId }: BuilderJob): string {
  return `${build.name.builderName}-${buildId}`;
}
