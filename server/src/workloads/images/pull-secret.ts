import type { V1Secret } from '@kubernetes/client-node';
import { type Cluster, explain, refusalStatus } from '../kubernetes/cluster.ts';
import { type DockerConfig, parseDockerConfig } from './docker-config.ts';
import { CredentialsError, type FindCredentials } from './registry-authorization.ts';

/** How long a pull secret is taken to be as it was, milliseconds. */
const LIFETIME = 60_000;

/** Takes the server's credentials from a pull secret, as the kubelet takes the pods'. */
export function createPullSecretCredentials({ core }: Cluster, namespace: string, name: string): FindCredentials {
  let known: { readonly config: DockerConfig; readonly until: number } | undefined;
  return async ({ registry, repository }) => {
    if (!known || known.until < Date.now()) {
      known = { config: await read(), until: Date.now() + LIFETIME };
    }
    return known.config.find(registry, repository);
  };

  async function read(): Promise<DockerConfig> {
    try {
      return parseDockerConfig(configOf(await core.readNamespacedSecret({ namespace, name })));
    } catch (error) {
      throw new CredentialsError(`the pull secret \`${name}\` cannot be used: ${reasonOf(error)}`, { cause: error });
    }
  }
}

function configOf({ data }: V1Secret): string {
  const encoded = data?.['.dockerconfigjson'] ?? data?.['.dockercfg'];
  if (encoded === undefined) throw new Error('it has no key `.dockerconfigjson`');
  return Buffer.from(encoded, 'base64').toString('utf8');
}

function reasonOf(error: unknown): string {
  const status = refusalStatus(error);
  if (status === 404) return 'it does not exist';
  return status === 403 ? 'the server’s role does not let it be read (`secrets`: `get`)' : explain(error);
}
