import { type Cluster, refusalStatus } from './cluster.ts';

/**
 * What events say of an object that does not get on: the newest warning.
 * @param name of a Job or a pod
 * @returns `undefined` where there is none, or the role does not show events
 */
export async function findWarning({ core }: Cluster, namespace: string, name: string): Promise<string | undefined> {
  try {
    const fieldSelector = `involvedObject.name=${name},type=Warning`;
    const { items } = await core.listNamespacedEvent({ namespace, fieldSelector, limit: 100 });
    const newest = items.sort((one, other) => timeOf(one.lastTimestamp) - timeOf(other.lastTimestamp)).at(-1);
    return newest?.message && inWords(newest.message);
  } catch (error) {
    if (refusalStatus(error) === 403) return undefined;
    throw error;
  }
}

function timeOf(date: Date | undefined): number {
  return date?.getTime() ?? 0;
}

/** Where a pod cannot even be made, the Job controller quotes the API server. */
function inWords(message: string): string {
  const serviceAccount = /serviceaccounts? "([^"]+)" not found/.exec(message);
  if (serviceAccount) return `the service account ${serviceAccount[1]} does not exist`;
  return message.replace(/^Error creating: pods "[^"]*" is forbidden: /, '');
}
