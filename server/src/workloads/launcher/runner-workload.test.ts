import { fromDatabaseId, newId } from '../../database/ids.ts';
import type { RunnableSource } from '../../features/snapshot-runs/run-checks.ts';
import type { RunComponent } from '../../features/snapshot-runs/run-source-read-model.ts';
import { testOwner } from '../../testing/test-workloads.ts';
import type { Launch, LaunchKind } from '../launch.ts';
import { runnerWorkload } from './runner-workload.ts';

const launchOf = (kind: LaunchKind): Launch => {
  const ids = { id: newId(), runId: newId(), projectId: newId(), snapshotId: newId(), userId: newId() };
  return { ...ids, kind, number: 1, attempts: 0 };
};

function sourceOf(configuration: RunComponent['configuration'] = {}): RunnableSource {
  const base = { isCustom: false, integration: null, source: null };
  const orchestrator = { ...base, type: 'orchestrator', name: 'cluster', flavor: 'kubernetes', configuration };
  const stack = { id: newId(), name: 'stack', components: [orchestrator] };
  const versions = { zenmlVersion: '0.98.0', pythonVersion: null, stackChecksum: null };
  return {
    ...{ id: newId(), projectId: newId(), pipelineId: newId(), name: null, isDynamic: true, clientVersion: null },
    stack,
    build: { id: newId(), isLocal: false, stack, ...versions, images: {} },
  };
}

function workloadOf(kind: LaunchKind, source = sourceOf()) {
  const launch = launchOf(kind);
  const access = { serverUrl: 'https://server.example', token: 'token' };
  return runnerWorkload(launch, testOwner(fromDatabaseId(launch.runId)), source, 'image', access);
}

test('a runner resumes the run where it is launched for that, and starts it else', () => {
  expect(workloadOf('resume').arguments.slice(-2)).toEqual(['--resume', 'True']);
  expect(workloadOf('start').arguments).not.toContain('--resume');
});

// No pod gets a token of the cluster that it does not need.
test.each([
  [true, true],
  [false, false],
  [undefined, false],
])('a runner of a stack with `incluster: %s` authenticates at the cluster: %s', (incluster, expected) => {
  expect(workloadOf('start', sourceOf({ incluster })).needsClusterAccess).toBe(expected);
});
