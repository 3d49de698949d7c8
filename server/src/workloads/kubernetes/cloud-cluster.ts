import { KubeConfig } from '@kubernetes/client-node';

/** A cluster as its cloud describes it, for a server that has no kubeconfig. */
export interface CloudCluster {
  /** Its API server's address. */
  readonly server: string;
  /** What its certificate is signed with: PEM in base64. */
  readonly certificateAuthority: string;
  /** What the server is known by there; asked for at most once a minute, and when the last one was refused. */
  getToken(): Promise<string>;
}

/** What a kubeconfig would say of a cluster. */
export async function kubeConfigOf({ server, certificateAuthority, getToken }: CloudCluster): Promise<KubeConfig> {
  const config = new KubeConfig();
  config.loadFromClusterAndUser(
    { name: 'cloud', server, caData: certificateAuthority, skipTLSVerify: false },
    { name: 'server', token: await getToken() },
  );
  return config;
}
