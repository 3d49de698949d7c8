import { amountOf } from '../../server/src/config/container-resources.ts';
import { podResources } from '../../server/src/config/kubernetes-formats.ts';
import { WORKLOADS } from './names.ts';
import type { Settings } from './settings.ts';

type Quantities = Readonly<Record<string, string>>;

/** Resources that the API server would refuse: of the server's pods, or of every pod of the runners, when the first run starts. */
export function findRefusedResources({ server, runners, environment }: Settings): string[] {
  const { defaultRequest, defaultLimit, quota } = runners;
  const variable = `${WORKLOADS}POD_RESOURCES`;
  const { requests = {}, limits = {} } = podResources.safeParse(environment[variable] ?? '{}').data ?? {};
  // A limit that is named is held against its request where the variable is read.
  const unlimited = Object.fromEntries(Object.entries(requests).filter(([name]) => !(name in limits)));
  return [
    ...faultsOf(
      'server.resources.requests',
      server.resources.requests,
      'server.resources.limits',
      server.resources.limits,
    ),
    ...faultsOf('runners.defaultRequest', defaultRequest, 'runners.defaultLimit', defaultLimit),
    ...faultsOf(`server.environment.${variable}.requests`, unlimited, 'runners.defaultLimit', defaultLimit),
    ...missingFor(quota, 'requests.', { ...defaultRequest, ...requests, ...defaultLimit, ...limits }, 'defaultRequest'),
    ...missingFor(quota, 'limits.', { ...defaultLimit, ...limits }, 'defaultLimit'),
  ];
}

function faultsOf(path: string, requests: Quantities, limitsPath: string, limits: Quantities): string[] {
  return Object.entries(requests).flatMap(([name, request]) => {
    const limit = limits[name];
    if (limit === undefined || amountOf(request) <= amountOf(limit)) return [];
    return `${path}.${name}: ${request} is above its limit; raise ${limitsPath}.${name} (${limit}) to ${request} or more`;
  });
}

/** Of what a quota bounds every container must say how much it takes. */
function missingFor(quota: Quantities, prefix: string, given: Quantities, path: string): string[] {
  return Object.keys(quota)
    .filter((name) => name.startsWith(prefix))
    .map((name) => name.slice(prefix.length))
    .filter((name) => !(name in given))
    .map((name) => `runners.${path}.${name}: is missing, and runners.quota bounds ${prefix}${name}; set it`);
}
