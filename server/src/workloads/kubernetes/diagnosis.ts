import { findAll } from '../findings.ts';
import type { Finding } from '../manager.ts';
import { NoClusterError } from './cloud-cluster.ts';
import { type Cluster, explain, refusalStatus } from './cluster.ts';
import { NoCredentialsError } from './credentials.ts';
import { checkNamespace, checkNodes, checkPullSecret, checkServiceAccount } from './job-checks.ts';
import { findLacking, type Lacking, PERMISSIONS, type Permission, roleManifest } from './permissions.ts';
import { checkQuotas } from './quota-check.ts';
import type { JobSettings } from './settings.ts';

/** The oldest release that the Jobs are made for. */
const OLDEST = [1, 24] as const;

/** Everything that is wrong with a cluster, and with what the server may do in it: one finding each. */
export async function diagnoseCluster(cluster: Cluster, settings: JobSettings): Promise<readonly Finding[]> {
  const toFinding = (error: unknown) => unreachable(cluster, error);
  let old: readonly Finding[];
  try {
    old = checkVersion((await cluster.version.getCode()).gitVersion, settings);
  } catch (error) {
    old = [toFinding(error)];
    // Who gets no answer, or is not let in, need not ask on: each question may run a plugin of the kubeconfig.
    if (refusalStatus(error) === undefined || refusalStatus(error) === 401) return old;
  }
  return findAll(
    [
      async () => old,
      () => checkPermissions(cluster, settings.namespace),
      () => checkNamespace(cluster, settings),
      () => checkServiceAccount(cluster, settings),
      () => checkPullSecret(cluster, settings),
      () => checkQuotas(cluster, settings),
      () => checkNodes(cluster, settings),
    ],
    toFinding,
  );
}

function unreachable({ server }: Cluster, error: unknown): Finding {
  if (error instanceof NoClusterError) {
    return {
      severity: 'error',
      problem: error.message,
      fix: "Let the server's identity in the cloud see the cluster that ZENML_WORKSPACE_CLOUD_CLUSTER names; it is asked again.",
    };
  }
  if (error instanceof NoCredentialsError) {
    return {
      severity: 'error',
      problem: `The cluster at ${server} cannot be asked: ${error.message}.`,
      fix: 'Mend the plugin or the file that the kubeconfig names.',
    };
  }
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

/** The release from which on clusters heed a Job's `podFailurePolicy`: before it is dropped without a word. */
const WITH_FAILURE_POLICY = [1, 26] as const;

/** @param version e.g. `v1.32.4` or `v1.30.2-eks-1552ad0` */
export function checkVersion(
  version: string,
  { podFailurePolicy }: Pick<JobSettings, 'podFailurePolicy'>,
): readonly Finding[] {
  if (!isAtLeast(version, OLDEST)) {
    return [
      {
        severity: 'error',
        problem: `The cluster runs Kubernetes ${version}, which is older than ${OLDEST.join('.')}.`,
        fix: 'Upgrade the cluster.',
      },
    ];
  }
  if (podFailurePolicy === undefined || isAtLeast(version, WITH_FAILURE_POLICY)) return [];
  return [
    {
      severity: 'warning',
      problem: `The cluster runs Kubernetes ${version}, which ignores ${FAILURE_POLICY}: each failure of a pod counts.`,
      fix: `Upgrade the cluster to ${WITH_FAILURE_POLICY.join('.')} or newer, or unset the variable.`,
    },
  ];
}

const FAILURE_POLICY = 'ZENML_KUBERNETES_WORKLOAD_MANAGER_POD_FAILURE_POLICY';

function isAtLeast(version: string, [major, minor]: readonly [number, number]): boolean {
  const [ofMajor = 0, ofMinor = 0] = version
    .replace(/^v/, '')
    .split('.')
    .map((part) => Number.parseInt(part, 10));
  return ofMajor > major || (ofMajor === major && ofMinor >= minor);
}

async function checkPermissions(cluster: Cluster, namespace: string): Promise<readonly Finding[]> {
  const lacking = await findLacking(cluster, namespace, PERMISSIONS);
  return [...describeMissing(lacking.missing, namespace), ...describeUnknown(lacking, namespace)];
}

/** What is indispensable is one error with the Role that mends it; the rest are warnings, one for each loss. */
export function describeMissing(missing: readonly Permission[], namespace: string): readonly Finding[] {
  const fix =
    `Apply and bind to the server's service account, in a namespace that exists (\`kubectl create namespace ${namespace}\`):\n` +
    roleManifest(namespace);
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

function describeUnknown({ unknown, reason }: Lacking, namespace: string): readonly Finding[] {
  if (reason === undefined) return [];
  return [
    {
      severity: unknown.some(({ without }) => without === undefined) ? 'error' : 'warning',
      problem: `The cluster cannot say whether the server may ${listed(unknown)} in the namespace ${namespace}: ${reason}.`,
      fix: `One that has just started knows it in a moment. A binding whose role has been deleted is to be deleted, too: \`kubectl get rolebindings --namespace ${namespace} --output wide\`.`,
    },
  ];
}

/** E.g. `create, get jobs; list pods`. */
function listed(permissions: readonly Permission[]): string {
  const byResource = Map.groupBy(permissions, ({ resource }) => resource);
  return [...byResource].map(([resource, of]) => `${of.map(({ verb }) => verb).join(', ')} ${resource}`).join('; ');
}
