import type { JobSettings } from '../workloads/kubernetes/settings.ts';
import type { Workload, WorkloadOwner } from '../workloads/manager.ts';

/** Whose workload it is: a run of nothing. */
export function testOwner(runId: string, runName = ''): WorkloadOwner {
  return {
    runId,
    runName,
    snapshotId: runId,
    pipelineId: undefined,
    pipelineName: undefined,
    projectId: runId,
    userId: undefined,
  };
}

/** The first launch of a run, as a process of this machine: `python` may be a shell there. */
export function testWorkload(name: string, runId: string, script: string): Workload {
  return {
    name,
    runId,
    launchNumber: 1,
    kind: 'start',
    image: '',
    command: ['python', '-c'],
    arguments: [script],
    environment: { COLOUR: 'blue' },
    secretEnvironment: { TOKEN: 'token-of-run' },
    needsClusterAccess: false,
    describedBy: testOwner(runId),
  };
}

/** Jobs without wishes; the namespace and the server differ from test to test. */
export const TEST_JOBS: Omit<JobSettings, 'namespace' | 'serverId'> = {
  serviceAccount: 'runner',
  podResources: undefined,
  nodeSelector: undefined,
  tolerations: undefined,
  ttlSecondsAfterFinished: 600,
  backoffLimit: 0,
  podFailurePolicy: undefined,
  pullSecret: undefined,
  userId: 1000,
};
