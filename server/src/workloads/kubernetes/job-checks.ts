import type { Finding, Workload } from '../manager.ts';
import { type Cluster, explain, isDeniedByRole, refusalStatus } from './cluster.ts';
import { runnerJob } from './runner-job.ts';
import type { JobSettings } from './settings.ts';

/*
 * Whether what the variables say of Jobs fits the cluster. The documented role shows little of it: what it does not show is
 * told by the first run that meets it.
 */

const NO_ID = '00000000-0000-0000-0000-000000000000';

/** A runner of nothing, with all that the variables say of Jobs. */
const RUNNER_OF_NOTHING: Workload = {
  name: 'zenml-workspace-server-check',
  runId: NO_ID,
  launchNumber: 1,
  kind: 'start',
  image: 'check',
  command: [],
  arguments: [],
  environment: {},
  secretEnvironment: {},
  needsClusterAccess: false,
  describedBy: {
    runId: NO_ID,
    runName: '',
    snapshotId: NO_ID,
    pipelineId: undefined,
    pipelineName: undefined,
    projectId: NO_ID,
    userId: undefined,
  },
};

/**
 * The role shows no namespaces: that one does not exist is told when a Job is tried in it. Nothing is created.
 * @throws what the API server answers where it does not judge the Job
 */
export async function checkNamespace({ batch }: Cluster, settings: JobSettings): Promise<readonly Finding[]> {
  const { namespace } = settings;
  try {
    const body = runnerJob(RUNNER_OF_NOTHING, settings, 'environment');
    await batch.createNamespacedJob({ namespace, dryRun: 'All', body });
    return [];
  } catch (error) {
    // That is a matter of the permissions.
    if (isDeniedByRole(error)) return [];
    const status = refusalStatus(error);
    if (status === 404) {
      return [
        {
          severity: 'error',
          problem: `The namespace ${namespace} does not exist.`,
          fix: `kubectl create namespace ${namespace}`,
        },
      ];
    }
    // Anything else, such as an API server that is overloaded, says nothing of the namespace.
    if (status !== 400 && status !== 403 && status !== 422) throw error;
    const why = explain(error).replace(/^(?:jobs\.batch|Job\.batch) "[^"]*" is (?:forbidden|invalid): /, '');
    return [
      {
        severity: 'error',
        problem: `The namespace ${namespace} takes no Job: ${why}`,
        fix: status === 422 ? FIX_SETTINGS : 'Change its quota or its admission policy.',
      },
    ];
  }
}

const FIX_SETTINGS = 'Correct the variable ZENML_KUBERNETES_WORKLOAD_MANAGER_… that says so.';

/** Where the role does not show service accounts, it is known of one that a pod has run as. */
export async function checkServiceAccount(cluster: Cluster, settings: JobSettings): Promise<readonly Finding[]> {
  const { core } = cluster;
  const { namespace, serviceAccount } = settings;
  try {
    await core.readNamespacedServiceAccount({ namespace, name: serviceAccount });
    return [];
  } catch (error) {
    if (refusalStatus(error) === 403) return (await hasBeenUsed(cluster, settings)) ? [] : [unknownAccount(settings)];
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

async function hasBeenUsed({ core }: Cluster, { namespace, serviceAccount }: JobSettings): Promise<boolean> {
  try {
    const fieldSelector = `spec.serviceAccountName=${serviceAccount}`;
    return (await core.listNamespacedPod({ namespace, fieldSelector, limit: 1 })).items.length > 0;
  } catch (error) {
    if (refusalStatus(error) === 403) return false;
    throw error;
  }
}

function unknownAccount({ namespace, serviceAccount }: JobSettings): Finding {
  const asked = `kubectl get serviceaccount ${serviceAccount} --namespace ${namespace}`;
  return {
    severity: 'warning',
    problem: `Whether the service account ${serviceAccount} exists in the namespace ${namespace} is not known: the server's role does not show it, and no pod has it.`,
    fix: `\`${asked}\` tells; where there is none, each run says so.`,
  };
}

/** A role that does not let it be read leaves it to the first look at an image. */
export async function checkPullSecret(
  { core }: Cluster,
  { namespace, pullSecret }: JobSettings,
): Promise<readonly Finding[]> {
  if (pullSecret === undefined) return [];
  try {
    await core.readNamespacedSecret({ namespace, name: pullSecret });
    return [];
  } catch (error) {
    if (refusalStatus(error) === 403) return [];
    if (refusalStatus(error) !== 404) throw error;
    return [
      {
        severity: 'error',
        problem: `The pull secret ${pullSecret} does not exist in the namespace ${namespace}.`,
        fix: `kubectl create secret docker-registry ${pullSecret} --namespace ${namespace} --docker-server=… --docker-username=… --docker-password=…`,
      },
    ];
  }
}

/** A role that does not let nodes be seen leaves it to the run's status reason. */
export async function checkNodes({ core }: Cluster, { nodeSelector = {} }: JobSettings): Promise<readonly Finding[]> {
  const labels = Object.entries(nodeSelector).map(([key, value]) => `${key}=${value}`);
  if (labels.length === 0) return [];
  const labelSelector = labels.join(',');
  try {
    const { items } = await core.listNode({ labelSelector, limit: 1 });
    if (items.length > 0) return [];
  } catch (error) {
    if (refusalStatus(error) === 403) return [];
    throw error;
  }
  return [
    {
      severity: 'warning',
      problem: `No node has the labels ${labelSelector}, by which pods choose theirs.`,
      fix: 'Label the nodes, or correct ZENML_KUBERNETES_WORKLOAD_MANAGER_NODE_SELECTOR, unless such nodes are made as they are needed.',
    },
  ];
}
