import type { Finding } from '../manager.ts';
import { type Cluster, explain, refusalStatus } from './cluster.ts';
import { findMissing, PERMISSIONS, type Permission, roleManifest } from './permissions.ts';
import type { JobSettings } from './settings.ts';

/** The oldest release that the Jobs are made for. */
const OLDEST = [1, 24] as const;

/** Everything that is wrong with a cluster, and with what the server may do in it: one finding each. */
export async function diagnoseCluster(cluster: Cluster, settings: JobSettings): Promise<readonly Finding[]> {
  try {
    const old = checkVersion((await cluster.version.getCode()).gitVersion);
    const missing = await findMissing(cluster, settings.namespace, PERMISSIONS);
    const mayCreate = !missing.some(({ resource, verb }) => resource === 'jobs' && verb === 'create');
    return [
      ...old,
      ...describeMissing(missing, settings.namespace),
      ...(mayCreate ? await checkNamespace(cluster, settings) : []),
      ...(await checkServiceAccount(cluster, settings)),
    ];
  } catch (error) {
    return [unreachable(cluster, error)];
  }
}

function unreachable({ server }: Cluster, error: unknown): Finding {
  const refused = refusalStatus(error) === 401;
  return {
    severity: 'error',
    problem: refused
      ? `The cluster at ${server} does not accept the server's credentials.`
      : `The cluster at ${server} does not answer: ${explain(error)}.`,
    fix: refused
      ? 'Renew the kubeconfig or the token of the service account.'
      : 'Check the address, the network and the port (usually 6443); the server tries again by itself.',
  };
}

/** @param version e.g. `v1.32.4` or `v1.30.2-eks-1552ad0` */
export function checkVersion(version: string): readonly Finding[] {
  const [major = 0, minor = 0] = version.replace(/^v/, '').split('.').map(Number);
  if (major > OLDEST[0] || (major === OLDEST[0] && minor >= OLDEST[1])) return [];
  return [
    {
      severity: 'error',
      problem: `The cluster runs Kubernetes ${version}, which is older than ${OLDEST.join('.')}.`,
      fix: 'Upgrade the cluster.',
    },
  ];
}

/** What is indispensable is one error with the Role that mends it; the rest are warnings, one for each loss. */
export function describeMissing(missing: readonly Permission[], namespace: string): readonly Finding[] {
  const fix = `Apply and bind to the server's service account:\n${roleManifest(namespace)}`;
  const needed = missing.filter(({ without }) => without === undefined);
  const losses = [...new Set(missing.flatMap(({ without }) => without ?? []))];
  return [
    ...(needed.length === 0
      ? []
      : [
          {
            severity: 'error' as const,
            problem: `The server may not ${listed(needed)} in the namespace ${namespace}.`,
            fix,
          },
        ]),
    ...losses.map((loss) => ({
      severity: 'warning' as const,
      problem: `The server may not ${listed(missing.filter(({ without }) => without === loss))}: ${loss}.`,
      fix,
    })),
  ];
}

/** E.g. `create, get jobs; list pods`. */
function listed(permissions: readonly Permission[]): string {
  const byResource = Map.groupBy(permissions, ({ resource }) => resource);
  return [...byResource].map(([resource, of]) => `${of.map(({ verb }) => verb).join(', ')} ${resource}`).join('; ');
}

/** The role shows no namespaces: that one does not exist is told when a Job is tried in it. Nothing is created. */
async function checkNamespace({ batch }: Cluster, { namespace }: JobSettings): Promise<readonly Finding[]> {
  const metadata = { name: 'zenml-workspace-server-check' };
  const container = { name: 'check', image: 'check' };
  const template = { spec: { restartPolicy: 'Never', containers: [container] } };
  try {
    await batch.createNamespacedJob({ namespace, dryRun: 'All', body: { metadata, spec: { template } } });
    return [];
  } catch (error) {
    if (refusalStatus(error) === 404) {
      return [
        {
          severity: 'error',
          problem: `The namespace ${namespace} does not exist.`,
          fix: `kubectl create namespace ${namespace}`,
        },
      ];
    }
    if (refusalStatus(error) === undefined) throw error;
    return [
      {
        severity: 'error',
        problem: `The namespace ${namespace} takes no Job: ${explain(error)}.`,
        fix: 'Change its quota or its admission policy.',
      },
    ];
  }
}

/** Where the role does not show service accounts, a missing one is told by the first run's events. */
async function checkServiceAccount(
  { core }: Cluster,
  { namespace, serviceAccount }: JobSettings,
): Promise<readonly Finding[]> {
  try {
    await core.readNamespacedServiceAccount({ namespace, name: serviceAccount });
    return [];
  } catch (error) {
    if (refusalStatus(error) === 403) return [];
    if (refusalStatus(error) !== 404) throw error;
    return [
      {
        severity: 'error',
        problem: `The service account ${serviceAccount} does not exist in the namespace ${namespace}.`,
        fix: `kubectl create serviceaccount ${serviceAccount} --namespace ${namespace}`,
      },
    ];
  }
}
