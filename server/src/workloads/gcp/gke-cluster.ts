import { z } from 'zod';
import type { CloudCluster } from '../kubernetes/cloud-cluster.ts';
import { NoClusterError } from '../kubernetes/cluster.ts';
import { createGoogleTokens } from './google-tokens.ts';

/** How long Google may take to answer, milliseconds. */
const PATIENCE = 15_000;

/** What is taken of a cluster (`v1.Cluster` of GKE's API). */
const clusterSchema = z.object({
  endpoint: z.string().min(1),
  masterAuth: z.object({ clusterCaCertificate: z.string().min(1) }),
});

/**
 * Finds a cluster of GKE, which takes Google's access tokens: roles of IAM or of the cluster say what the server may.
 * @param name `projects/PROJECT/locations/LOCATION/clusters/NAME`
 * @throws {NoClusterError}
 */
export async function findGkeCluster(name: string): Promise<CloudCluster> {
  const getToken = createGoogleTokens();
  try {
    const { endpoint, masterAuth } = clusterSchema.parse(await describe(name, await getToken()));
    return { server: `https://${endpoint}`, certificateAuthority: masterAuth.clusterCaCertificate, getToken };
  } catch (error) {
    const reason =
      error instanceof z.ZodError ? 'it has no address yet' : error instanceof Error ? error.message : error;
    throw new NoClusterError(`The cluster \`${name}\` of GKE cannot be found (container.clusters.get): ${reason}`, {
      cause: error,
    });
  }
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
