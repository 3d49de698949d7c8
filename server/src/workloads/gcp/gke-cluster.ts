import { z } from 'zod';
import { type CloudCluster, type FindCluster, NoClusterError } from '../kubernetes/cloud-cluster.ts';
import { createGoogleTokens } from './google-tokens.ts';

/** How long Google may take to answer, milliseconds. */
const PATIENCE = 15_000;

/** What is taken of a cluster (`v1.Cluster` of GKE's API). */
const clusterSchema = z.object({
  endpoint: z.string().optional(),
  masterAuth: z.object({ clusterCaCertificate: z.string().optional() }).optional(),
  controlPlaneEndpointsConfig: z
    .object({
      dnsEndpointConfig: z
        .object({ endpoint: z.string().optional(), allowExternalTraffic: z.boolean().optional() })
        .optional(),
      ipEndpointsConfig: z.object({ enabled: z.boolean().optional() }).optional(),
    })
    .optional(),
});

/**
 * Makes what finds a cluster of GKE, which takes Google's access tokens: roles of IAM or of the cluster say what the server
 * may.
 * @param name `projects/PROJECT/locations/LOCATION/clusters/NAME`
 */
export function createGkeSearch(name: string): FindCluster {
  const getToken = createGoogleTokens();
  return async () => {
    try {
      return { ...addressOf(clusterSchema.parse(await describe(name, await getToken()))), getToken };
    } catch (error) {
      const reason = error instanceof Error ? error.message : error;
      throw new NoClusterError(`The cluster \`${name}\` of GKE cannot be found (container.clusters.get): ${reason}`, {
        cause: error,
      });
    }
  };
}

/** By its IP address; by its name where it has none, which may stand in the address's place. */
function addressOf(cluster: z.infer<typeof clusterSchema>): Omit<CloudCluster, 'getToken'> {
  const {
    endpoint,
    masterAuth,
    controlPlaneEndpointsConfig: { dnsEndpointConfig: dns, ipEndpointsConfig } = {},
  } = cluster;
  const isByAddress = endpoint !== dns?.endpoint && ipEndpointsConfig?.enabled !== false;
  if (isByAddress && endpoint && masterAuth?.clusterCaCertificate) {
    return { server: `https://${endpoint}`, certificateAuthority: masterAuth.clusterCaCertificate };
  }
  if (!dns?.endpoint) throw new Error('it has no address yet');
  if (!dns.allowExternalTraffic) throw new Error('its DNS endpoint takes no external traffic');
  // Its certificate is Google's, and not the cluster's.
  return { server: `https://${dns.endpoint}`, certificateAuthority: undefined };
}

async function describe(name: string, token: string): Promise<unknown> {
  const host = process.env['CLOUDSDK_API_ENDPOINT_OVERRIDES_CONTAINER'] ?? 'https://container.googleapis.com';
  const response = await fetch(`${host.replace(/\/+$/, '')}/v1/${name}`, {
    headers: { Authorization: `Bearer ${token}` },
    signal: AbortSignal.timeout(PATIENCE),
  });
  if (!response.ok) throw new Error(`status ${response.status}`);
  return response.json();
}
