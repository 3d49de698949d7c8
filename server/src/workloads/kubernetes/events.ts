import type { CoreV1Event } from '@kubernetes/client-node';
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
    const newest = items.sort((one, other) => endOf(one) - endOf(other)).at(-1);
    return newest?.message && inWords(newest.message);
  } catch (error) {
    if (refusalStatus(error) === 403) return undefined;
    throw error;
  }
}

/** When it was last seen. The scheduler's say it in another field, which the client leaves a text. */
function endOf({ lastTimestamp, eventTime }: CoreV1Event): number {
  return new Date(lastTimestamp ?? eventTime ?? 0).getTime();
}

/** How many events are told of an object. */
const MOST_EVENTS = 20;

/**
 * The events of a workload's Job and of its pods, oldest first, also where these are gone: events outlive what they are of by
 * an hour. What may not be read, or cannot be at the moment, is left out.
 */
export async function listEvents(cluster: Cluster, namespace: string, job: string): Promise<readonly string[]> {
  const ofJob = await eventsOf(cluster, namespace, job);
  const pods = new Set(ofJob.flatMap(({ message }) => /^Created pod: (\S+)$/.exec(message ?? '')?.[1] ?? []));
  const ofPods = await Promise.all([...pods].slice(-2).map((pod) => eventsOf(cluster, namespace, pod)));
  const events = [...ofJob, ...ofPods.flat()].sort((one, other) => endOf(one) - endOf(other));
  return events.slice(-MOST_EVENTS).map(inOneLine);
}

async function eventsOf({ core }: Cluster, namespace: string, name: string): Promise<readonly CoreV1Event[]> {
  const fieldSelector = `involvedObject.name=${name}`;
  return core.listNamespacedEvent({ namespace, fieldSelector, limit: 100 }).then(
    ({ items }) => items,
    () => [],
  );
}

/** `2026-01-31T08:15:00Z Warning FailedScheduling of pod x: 0/1 nodes are available` */
function inOneLine(event: CoreV1Event): string {
  const { involvedObject, type = 'Normal', reason = '', message = '' } = event;
  const time = new Date(endOf(event)).toISOString().replace(/\.\d+Z$/, 'Z');
  const what = `${involvedObject.kind?.toLowerCase() ?? 'object'} ${involvedObject.name ?? ''}`;
  return `${time} ${type} ${reason} of ${what}: ${message.replaceAll(/\s+/g, ' ').trim()}`;
}

/** Where a pod cannot even be made, the Job controller quotes the API server. */
function inWords(message: string): string {
  const serviceAccount = /serviceaccounts? "([^"]+)" not found/.exec(message);
  if (serviceAccount) return `the service account ${serviceAccount[1]} does not exist`;
  return message.replace(/^Error creating: pods "[^"]*" is forbidden: /, '');
}
