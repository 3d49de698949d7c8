import { createHash } from 'node:crypto';
import { boolean } from '../../server/src/config/formats.ts';
import { cloudOf } from './cloud-identity.ts';
import { SERVER, WORKLOADS } from './names.ts';
import type { Values } from './values.ts';
import { variables } from './variables.ts';

/**
 * Values with what follows from them, so that constructs decide nothing. The Helm chart computes the same:
 * charts-ts/helm/settings.tpl.
 */
export interface Settings extends Omit<Values, 'zenml' | 'runners' | 'createNamespaces'> {
  /** The server's variables as the values name them, as texts, from both places. */
  readonly environment: Readonly<Record<string, string>>;
  /** The server's variables, with those that the charts add. */
  readonly variables: Readonly<Record<string, string>>;
  /** Changes with the variables, so that pods are replaced when they do. */
  readonly checksum: string;
  /** Where clients reach the server. */
  readonly url: string;
  /** Name of the Job that migrates, where it does not follow from what it does: Helm replaces the Job. */
  readonly migrationJob?: string;
  /** How long a pod may take to end. */
  readonly gracePeriodSeconds: number;
  /** Ports that the server and the runners may reach anywhere: of HTTPS, of the Kubernetes API, and further ones, each once. */
  readonly openPorts: readonly number[];
  /** Whether only some clients may call the API. */
  readonly limitsClients: boolean;
  /** The clouds that give pods their identities over the network. */
  readonly identities: { readonly aws: boolean; readonly gcp: boolean };
  readonly runners: Values['runners'] & {
    readonly namespace: string;
    readonly serviceAccount: string;
    /** The Pod Security Standard of their namespace. */
    readonly podSecurity: string;
    /** Whether their images are built there. */
    readonly buildsImages: boolean;
  };
  /** Which namespaces are made. */
  readonly makes: { readonly serverNamespace: boolean; readonly runnersNamespace: boolean };
}

/** Where nothing names it. */
export const DEFAULT_RUNNERS = {
  namespace: 'zenml-workspace-namespace',
  serviceAccount: 'zenml-workspace-service-account',
} as const;

const HTTPS = 443;
/** What ending takes beyond draining. */
export const GRACE_SECONDS = 10;

/** Completes values that have the right shape. */
export function completeValues({ zenml, createNamespaces, ...values }: Values): Settings {
  const environment = Object.fromEntries(
    Object.entries({ ...zenml?.environment, ...values.server.environment }).map(([key, value]) => [key, `${value}`]),
  );
  const runners = {
    ...values.runners,
    namespace: values.runners.namespace ?? environment[`${WORKLOADS}NAMESPACE`] ?? DEFAULT_RUNNERS.namespace,
    serviceAccount:
      values.runners.serviceAccount ?? environment[`${WORKLOADS}SERVICE_ACCOUNT`] ?? DEFAULT_RUNNERS.serviceAccount,
    podSecurity: podSecurityOf(environment),
    buildsImages: buildsImages(environment),
  };
  const host = values.ingress?.host ?? values.gateway?.host;
  const url = host === undefined ? `http://${SERVER}.${values.namespace}.svc` : `https://${host}`;
  const { drainDelaySeconds, shutdownTimeoutSeconds } = values.server;
  const { kubernetesApiPorts, furtherPorts, clients, clientNamespaces } = values.networkPolicy;
  const cloud = cloudOf(values, environment);
  const all = variables({ ...values, url, runners, environment });
  return {
    ...values,
    environment,
    variables: all,
    checksum: checksumOf(all),
    url,
    gracePeriodSeconds: drainDelaySeconds + shutdownTimeoutSeconds + GRACE_SECONDS,
    openPorts: [...new Set([HTTPS, ...kubernetesApiPorts, ...furtherPorts])],
    limitsClients: [...clients, ...clientNamespaces].length > 0,
    identities: { aws: cloud === 'aws', gcp: cloud === 'gcp' },
    runners,
    makes: { serverNamespace: createNamespaces, runnersNamespace: createNamespaces },
  };
}

/** Rootless BuildKit cannot run under `restricted`: where images are built, the namespace gets what it needs. */
function podSecurityOf(environment: Settings['environment']): string {
  if (!buildsImages(environment)) return 'restricted';
  return isOn(environment['ZENML_WORKSPACE_BUILDER_UNCONFINED']) ? 'privileged' : 'baseline';
}

function buildsImages(environment: Settings['environment']): boolean {
  return isOn(environment[`${WORKLOADS}BUILD_RUNNER_IMAGE`]);
}

/** As the server reads it. */
function isOn(text: string | undefined): boolean {
  return boolean.safeParse(text).data === true;
}

/** In the order of names, so that Helm, which knows no other, computes the same. */
function checksumOf(all: Record<string, string>): string {
  const sorted = Object.entries(all).sort(([one], [other]) => (one < other ? -1 : 1));
  return createHash('sha256')
    .update(JSON.stringify(Object.fromEntries(sorted)))
    .digest('hex');
}
