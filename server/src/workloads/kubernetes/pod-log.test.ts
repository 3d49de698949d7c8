import type { ServerResponse } from 'node:http';
import { answerWith, refusal, startTestApiServer } from '../../testing/test-api-server.ts';
import type { LogReading, WorkloadStatus } from '../manager.ts';
import { LABELS } from './labels.ts';
import { readPodLogs } from './pod-log.ts';

/** @param phase or `Kept`: the runner has ended, and another container keeps the pod */
const pod = (phase: string) => ({
  metadata: {
    name: 'w-1',
    labels: { [LABELS.workload]: 'w', [LABELS.run]: 'r', [LABELS.component]: 'runner' },
    creationTimestamp: '2026-01-31T08:00:00Z',
  },
  spec: { containers: [{ name: 'runner' }] },
  status: phase === 'Kept' ? KEPT : { phase },
});
const KEPT = {
  phase: 'Running',
  containerStatuses: [{ name: 'runner', state: { terminated: { exitCode: 0, finishedAt: '2026-01-31T08:15:10Z' } } }],
};
const lines = (...messages: string[]) =>
  messages.map((message) => `2026-01-31T08:15:0${message}.000000000Z ${message}\n`).join('');

/**
 * Reads the log of a pod that is in these phases one after the other, and then in the last of them.
 * @param answer to each time that the log is opened
 */
async function read(phases: string[], answer: (response: ServerResponse, count: number) => void, reading: LogReading) {
  const listeners = new Set<(status: WorkloadStatus) => void>();
  const counts = { lists: 0, logs: 0 };
  const server = await startTestApiServer((request, response) => {
    if (request.url?.includes('/log')) return answer(response, counts.logs++);
    answerWith(response, { items: [pod(phases[Math.min(counts.lists++, phases.length - 1)] ?? '')] });
    const whose = { name: 'w', runId: 'r', launchNumber: 1, reason: undefined, since: undefined };
    setImmediate(() => {
      for (const tell of listeners) tell({ ...whose, phase: 'running' });
    });
  });
  const onChange = (listener: (status: WorkloadStatus) => void) => {
    listeners.add(listener);
    return () => listeners.delete(listener);
  };
  const place = { cluster: server.cluster, namespace: 'runners', findBuilders: async () => [], onChange };
  const messages: string[] = [];
  try {
    for await (const { message } of readPodLogs(place, 'w', reading)) messages.push(message);
  } finally {
    await server.stop();
  }
  return { messages, counts, listeners };
}

test('a log whose stream breaks off is read on, also when its pod is over', async () => {
  const breakOff = (response: ServerResponse, count: number) => {
    response.write(lines('1', '2'));
    if (count > 0) response.end(lines('3', '4'));
    else setTimeout(() => response.destroy(), 50);
  };
  const { messages, counts } = await read(['Succeeded'], breakOff, { follow: true });
  expect([messages, counts.logs]).toEqual([['1', '2', '3', '4'], 2]);
  await expect(read(['Succeeded'], breakOff, {})).rejects.toThrow(/terminated/);
});

test('a log ends with its runner, whatever other container keeps the pod', async () => {
  const { messages, counts } = await read(['Kept'], (response) => response.end(lines('1')), { follow: true });
  expect([messages, counts.logs]).toEqual([['1'], 1]);
});

test('a pod that has not started has no log to ask for, and is looked at when its workload changes', async () => {
  const phases = [...new Array<string>(40).fill('Pending'), 'Succeeded'];
  const { messages, counts, listeners } = await read(phases, (response) => response.end(lines('1')), { follow: true });
  // Each pause but one had to be ended by the change: they would take longer than the test may.
  expect([messages, counts.logs, listeners.size]).toEqual([['1'], 1, 0]);
}, 15_000);

test.each([true, false])(
  'a pod on a node that has died does not hide the one that replaces it (followed: %s)',
  async (follow) => {
    const deletionTimestamp = '2026-01-31T08:10:00Z';
    const lost = { ...pod('Running'), metadata: { ...pod('Running').metadata, deletionTimestamp } };
    const metadata = { ...pod('Succeeded').metadata, name: 'w-2', creationTimestamp: '2026-01-31T08:11:00Z' };
    const server = await startTestApiServer(({ url }, response) => {
      if (url?.includes('/w-1/log'))
        return answerWith(response, refusal(500, 'InternalError', 'dial tcp: i/o timeout'));
      if (url?.includes('/w-2/log')) return void response.end(lines('1'));
      answerWith(response, { items: [lost, { ...pod('Succeeded'), metadata }] });
    });
    const place = {
      cluster: server.cluster,
      namespace: 'runners',
      findBuilders: async () => [],
      onChange: () => () => undefined,
    };
    const messages: string[] = [];
    for await (const { message } of readPodLogs(place, 'w', { follow })) messages.push(message);
    await server.stop();
    expect(messages).toEqual(['1']);
  },
);
