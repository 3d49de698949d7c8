import { KubeConfig } from '@kubernetes/client-node';
import { type Credentials, createCredentials } from './credentials.ts';

/** A cluster as its cloud describes it, for a server that has no kubeconfig. */
export interface CloudCluster {
  /** Its API server's address. */
  readonly server: string;
  /** What its certificate is signed with: PEM in base64. What everybody trusts, where left out. */
  readonly certificateAuthority: string | undefined;
  /** What the server is known by there. */
  getToken(): Promise<string>;
}

/** Asks a cloud for a cluster. @throws {NoClusterError} */
export type FindCluster = () => Promise<CloudCluster>;

/** No cluster is configured, or its cloud does not tell of it. */
export class NoClusterError extends Error {
  override name = 'NoClusterError';
}

/**
 * Authenticates requests at a cluster, and sends them where it is: not before the first of them it is found. As credentials
 * are read anew, so are its address and what signs its certificate, which its cloud may change.
 */
export function createCloudCredentials(find: FindCluster): Credentials {
  let known: CloudCluster | undefined;
  const read = async () => {
    known = await find().catch((error: unknown) => {
      // What it said before holds until it says something else.
      if (known) return known;
      throw error;
    });
    return kubeConfigOf(known);
  };
  const credentials = createCredentials(undefined, read);
  return {
    ...credentials,
    async apply(request) {
      await credentials.apply(request);
      const { pathname, search } = new URL(request.getUrl());
      if (known) request.setUrl(`${known.server}${pathname}${search}`);
    },
  };
}

/** What a kubeconfig would say of a cluster. */
async function kubeConfigOf({ server, certificateAuthority, getToken }: CloudCluster): Promise<KubeConfig> {
  const config = new KubeConfig();
  const trusted = certificateAuthority === undefined ? {} : { caData: certificateAuthority };
  config.loadFromClusterAndUser(
    { name: 'cloud', server, ...trusted, skipTLSVerify: false },
    { name: 'server', token: await getToken() },
  );
  return config;
}
