import { DescribeClusterCommand, EKSClient } from '@aws-sdk/client-eks';
import { STSClient } from '@aws-sdk/client-sts';
import { SignatureV4 } from '@smithy/signature-v4';
import { type FindCluster, NoClusterError } from '../kubernetes/cloud-cluster.ts';

/**
 * Makes what finds a cluster of EKS, which knows the server by its role: one that an access entry of the cluster names.
 * @param region the SDK's own where left out
 */
export function createEksSearch(name: string, region: string | undefined): FindCluster {
  const place = region === undefined ? {} : { region };
  const eks = new EKSClient(place);
  const sts = new STSClient(place);
  return async () => {
    const described = await eks.send(new DescribeClusterCommand({ name })).catch((error: unknown) => {
      const reason = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
      throw new NoClusterError(`The cluster \`${name}\` of EKS cannot be found (eks:DescribeCluster): ${reason}`, {
        cause: error,
      });
    });
    const { endpoint, certificateAuthority, status } = described.cluster ?? {};
    if (endpoint === undefined || certificateAuthority?.data === undefined) {
      throw new NoClusterError(`The cluster \`${name}\` of EKS has no address yet: its status is ${status}.`);
    }
    return {
      server: endpoint,
      certificateAuthority: certificateAuthority.data,
      getToken: () => createEksToken(sts, name),
    };
  };
}

/** EKS takes a token for a quarter of an hour, whatever the signature says of its end. Seconds. */
const SIGNED_FOR = 60;

/**
 * A token of EKS: a signed request to STS that says whose it is, which EKS sends. Nothing is asked here but, where they have
 * ended, for credentials.
 */
export async function createEksToken(
  { config }: STSClient,
  clusterName: string,
  signingDate = new Date(),
): Promise<string> {
  const region = await config.region();
  // The cloud's own, whichever the server uses: EKS sends it to no other.
  const { url } = config.endpointProvider({
    Region: region,
    UseFIPS: false,
    UseDualStack: false,
    UseGlobalEndpoint: false,
  });
  const signer = new SignatureV4({
    credentials: config.credentials,
    region,
    service: 'sts',
    sha256: config.sha256,
  });
  const request = {
    method: 'GET',
    protocol: url.protocol,
    hostname: url.hostname,
    path: '/',
    query: { Action: 'GetCallerIdentity', Version: '2011-06-15' },
    // For no other cluster.
    headers: { host: url.hostname, 'x-k8s-aws-id': clusterName },
  };
  const { query = {} } = await signer.presign(request, { expiresIn: SIGNED_FOR, signingDate });
  const signed = `https://${url.hostname}/?${new URLSearchParams(query as Record<string, string>)}`;
  return `k8s-aws-v1.${Buffer.from(signed).toString('base64url')}`;
}
