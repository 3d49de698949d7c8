import type { V1ResourceQuota } from '@kubernetes/client-node';
import { amountOf } from '../../config/container-resources.ts';
import type { Finding } from '../manager.ts';
import { type Cluster, refusalStatus } from './cluster.ts';
import type { JobSettings } from './settings.ts';

/** A role that does not let quotas be seen leaves it to the run's status reason. */
export async function checkQuotas({ core }: Cluster, settings: JobSettings): Promise<readonly Finding[]> {
  const { namespace } = settings;
  try {
    const { items } = await core.listNamespacedResourceQuota({ namespace });
    return items.flatMap((quota) => findShortages(quota, settings));
  } catch (error) {
    if (refusalStatus(error) === 403) return [];
    throw error;
  }
}

/** What a quota does not leave for a runner's pod: an error where it never will. */
export function findShortages(
  { metadata, spec, status }: V1ResourceQuota,
  { podResources }: Pick<JobSettings, 'podResources'>,
): readonly Finding[] {
  // Whether one of certain pods only holds for runners is for the API server to say.
  if (spec?.scopes || spec?.scopeSelector) return [];
  return Object.entries(spec?.hard ?? {}).flatMap(([resource, limit]): Finding[] => {
    const needed = neededOf(resource, podResources);
    if (needed === undefined) return [];
    const used = status?.used?.[resource] ?? '0';
    const problem = `The quota ${metadata?.name} takes no pod of a runner: ${resource} ${limit}, of which ${used} used`;
    if (isMore(amountOf(needed), limit)) {
      return [{ severity: 'error', problem: `${problem}, and ${needed} needed.`, fix: FIX_NEVER }];
    }
    if (!isMore(amountOf(used) + amountOf(needed), limit)) return [];
    return [{ severity: 'warning', problem: `${problem}, and ${needed} needed.`, fix: FIX_NOT_NOW }];
  });
}

const FIX_NEVER = 'Raise it, or ask for less in ZENML_KUBERNETES_WORKLOAD_MANAGER_POD_RESOURCES.';
const FIX_NOT_NOW = 'Raise it, or wait until other pods have ended: a runner waits for ZENML_RUNNER_POD_TIMEOUT.';

/**
 * What a runner's pod takes of a quota's resource, such as `pods`, `requests.cpu` or `memory`.
 * @returns `undefined` where it takes nothing, as far as the server knows: a LimitRange may ask for more
 */
function neededOf(resource: string, podResources: JobSettings['podResources']): string | undefined {
  if (resource === 'pods' || resource === 'count/pods') return '1';
  const { requests = {}, limits = {} } = podResources ?? {};
  const [, kind, name = ''] = /^(?:(requests|limits)\.)?(.+)$/.exec(resource) ?? [];
  // What has a limit alone requests as much.
  return kind === 'limits' ? limits[name] : (requests[name] ?? limits[name]);
}

/** Fractions such as 0.1 add up to a little more than they are. */
function isMore(amount: number, limit: string): boolean {
  return amount > amountOf(limit) * (1 + 1e-9);
}
