import type { V1Secret } from '@kubernetes/client-node';
import { type Cluster, isMissing, isThereAlready } from './cluster.ts';

/**
 * Makes the Secret that a Job owns; one that is there already stays. One of an earlier Job of the same name makes room:
 * Kubernetes is about to remove it, and the pod would wait for it in vain.
 */
export async function createJobSecret(cluster: Cluster, namespace: string, secret: V1Secret): Promise<void> {
  const create = () => cluster.core.createNamespacedSecret({ namespace, body: secret });
  try {
    await create();
  } catch (error) {
    if (!isThereAlready(error)) throw error;
    if (await makeRoom(cluster, namespace, secret)) await create();
  }
}

/** @returns whether none of its name is there any more */
async function makeRoom({ core }: Cluster, namespace: string, secret: V1Secret): Promise<boolean> {
  const name = secret.metadata?.name ?? '';
  try {
    const found = await core.readNamespacedSecret({ namespace, name });
    if (ownerOf(found) === ownerOf(secret)) return false;
    await core.deleteNamespacedSecret({ namespace, name });
  } catch (error) {
    if (!isMissing(error)) throw error;
  }
  return true;
}

function ownerOf({ metadata }: V1Secret): string | undefined {
  return metadata?.ownerReferences?.[0]?.uid;
}
