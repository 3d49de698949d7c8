import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseAllDocuments } from 'yaml';

/** A manifest, as far as it says what a container's environment is. */
interface Manifest {
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly annotations?: Readonly<Record<string, string>> };
  readonly data?: Readonly<Record<string, string>>;
  readonly spec?: {
    readonly target?: { readonly name: string };
    readonly dataFrom?: readonly { readonly extract: { readonly key: string } }[];
    readonly template?: { readonly spec: PodSpec };
  };
}

interface PodSpec {
  readonly serviceAccountName: string;
  readonly containers: readonly {
    readonly env?: readonly { readonly name: string; readonly value: string }[];
    readonly envFrom: readonly { readonly configMapRef?: Named; readonly secretRef?: Named }[];
  }[];
}

interface Named {
  readonly name: string;
}

/** The manifests in the files of a folder. */
export function readManifests(directory: string): Manifest[] {
  return readdirSync(directory).flatMap((file) =>
    parseAllDocuments(readFileSync(join(directory, file), 'utf8')).map((document) => document.toJSON()),
  );
}

/** What the server's pods are started with. */
export interface ServerPod {
  readonly environment: Readonly<Record<string, string>>;
  /** The role that EKS gives their service account. */
  readonly roleArn: string | undefined;
  /** The one that it gives the runners'. */
  readonly runnerRoleArn: string | undefined;
}

const ROLE = 'eks.amazonaws.com/role-arn';

/**
 * Takes the server's pod from its manifests, as Kubernetes and the External Secrets Operator would.
 * @param readSecret reads a place of the secrets' store
 */
export async function serverPodOf(
  manifests: readonly Manifest[],
  readSecret: (key: string) => Promise<string>,
): Promise<ServerPod> {
  const find = (kind: string, name?: string): Manifest => {
    const found = manifests.filter(
      (manifest) => manifest.kind === kind && (name ?? manifest.metadata.name) === manifest.metadata.name,
    );
    const [first] = found;
    if (first === undefined || found.length > 1)
      throw new Error(`There are ${found.length} manifests of ${kind} ${name}.`);
    return first;
  };
  const pod = find('Deployment').spec?.template?.spec;
  const [container] = pod?.containers ?? [];
  if (!pod || !container) throw new Error('The Deployment has no container.');
  const environment: Record<string, string> = {};
  for (const { configMapRef, secretRef } of container.envFrom) {
    if (configMapRef) Object.assign(environment, find('ConfigMap', configMapRef.name).data);
    if (!secretRef) continue;
    const { target, dataFrom = [] } = find('ExternalSecret', secretRef.name).spec ?? {};
    if (target?.name !== secretRef.name) throw new Error(`Nothing makes the Secret ${secretRef.name}.`);
    for (const { extract } of dataFrom) Object.assign(environment, JSON.parse(await readSecret(extract.key)));
  }
  for (const { name, value } of container.env ?? []) environment[name] = value;
  const roleOf = (account: string | undefined) => find('ServiceAccount', account).metadata.annotations?.[ROLE];
  const runners = environment['ZENML_KUBERNETES_WORKLOAD_MANAGER_SERVICE_ACCOUNT'];
  return { environment, roleArn: roleOf(pod.serviceAccountName), runnerRoleArn: roleOf(runners) };
}
