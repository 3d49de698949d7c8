import type { V1Job } from '@kubernetes/client-node';
import { type Workload, WorkloadError } from '../manager.ts';
import { type Cluster, explain, isFinalRefusal, isMissing, isThereAlready } from './cluster.ts';
import { createJobSecret } from './job-secret.ts';
import { runnerJob, runnerSecret } from './runner-job.ts';
import type { SecretsPlace } from './secrets-place.ts';
import type { JobSettings } from './settings.ts';

/**
 * Makes a workload's Job and then the Secret that the Job owns; what is there already stays. The pod waits the moment until
 * its Secret is there. A crash between the two leaves a Job that the next try completes.
 * @throws {WorkloadError} where the cluster refuses it for good
 */
export async function launchJob(
  cluster: Cluster,
  workload: Workload,
  settings: JobSettings,
  findSecretsPlace: () => Promise<SecretsPlace>,
): Promise<V1Job> {
  const { namespace } = settings;
  try {
    const secretsIn = await findSecretsPlace();
    const job = await createOrFindJob(cluster, namespace, runnerJob(workload, settings, secretsIn));
    if (secretsIn === 'secret') {
      await createJobSecret(cluster, namespace, runnerSecret(workload, settings, job.metadata?.uid ?? ''));
    }
    return job;
  } catch (error) {
    throw isFinalRefusal(error) ? new WorkloadError(refusalOf(error, namespace), { cause: error }) : inWords(error);
  }
}

async function createOrFindJob({ batch }: Cluster, namespace: string, body: V1Job): Promise<V1Job> {
  const name = body.metadata?.name ?? '';
  try {
    return await batch.createNamespacedJob({ namespace, body });
  } catch (error) {
    if (!isThereAlready(error)) throw error;
  }
  const found = await batch.readNamespacedJob({ namespace, name }).catch((error: unknown) => {
    if (isMissing(error)) return undefined;
    throw error;
  });
  // One that is being deleted takes the pod along that it may still make.
  if (!found || found.metadata?.deletionTimestamp) throw new Error('the one of its name has just been deleted');
  return found;
}

function refusalOf(error: unknown, namespace: string): string {
  if (isMissing(error)) return `The namespace ${namespace} does not exist.`;
  return `The cluster refuses its Job: ${explain(error)}`;
}

function inWords(error: unknown): Error {
  return new Error(`The cluster does not take its Job: ${explain(error)}`, { cause: error });
}
