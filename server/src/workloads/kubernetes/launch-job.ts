import type { V1Job } from '@kubernetes/client-node';
import { type Workload, WorkloadError } from '../manager.ts';
import { type Cluster, explain, isFinalRefusal, refusalStatus } from './cluster.ts';
import { runnerJob, runnerSecret } from './runner-job.ts';
import type { SecretsPlace } from './secrets-place.ts';
import type { JobSettings } from './settings.ts';

/**
 * Makes a workload's Job and then the Secret that the Job owns; what is there already stays. The pod waits the moment until
 * its Secret is there. A crash between the two leaves a Job that the next try completes.
 * @throws {WorkloadError} where the cluster refuses it for good
 */
export async function launchJob(
  { batch, core }: Cluster,
  workload: Workload,
  settings: JobSettings,
  findSecretsPlace: () => Promise<SecretsPlace>,
): Promise<V1Job> {
  const { namespace } = settings;
  const { name } = workload;
  try {
    const secretsIn = await findSecretsPlace();
    const body = runnerJob(workload, settings, secretsIn);
    const job = await madeOrThere(
      () => batch.createNamespacedJob({ namespace, body }),
      () => batch.readNamespacedJob({ namespace, name }),
    );
    if (secretsIn === 'secret') {
      const secret = runnerSecret(workload, settings, job.metadata?.uid ?? '');
      await madeOrThere(
        () => core.createNamespacedSecret({ namespace, body: secret }),
        async () => undefined,
      );
    }
    return job;
  } catch (error) {
    throw isFinalRefusal(error) ? new WorkloadError(refusalOf(error, namespace), { cause: error }) : inWords(error);
  }
}

async function madeOrThere<T, Found>(make: () => Promise<T>, find: () => Promise<Found>): Promise<T | Found> {
  try {
    return await make();
  } catch (error) {
    if (refusalStatus(error) !== 409) throw error;
    return find();
  }
}

function refusalOf(error: unknown, namespace: string): string {
  if (refusalStatus(error) === 404) return `The namespace ${namespace} does not exist.`;
  return `The cluster refuses its Job: ${explain(error)}`;
}

function inWords(error: unknown): Error {
  return new Error(`The cluster does not take its Job: ${explain(error)}`, { cause: error });
}
