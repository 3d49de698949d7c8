import { mkdtempSync, rmSync } from 'node:fs';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { pino } from 'pino';
import { testWorkload } from '../../testing/test-workloads.ts';
import type { Workload, WorkloadLogLine, WorkloadManager, WorkloadStatus } from '../manager.ts';
import { createLocalWorkloadManager } from './local-workload-manager.ts';

const directory = mkdtempSync(join(tmpdir(), 'local-runners-'));
const open: WorkloadManager[] = [];

afterAll(async () => {
  for (const { name } of (await open[0]?.list()) ?? []) await open[0]?.remove(name);
  for (const manager of open) await manager.stop();
  rmSync(directory, { recursive: true, force: true });
});

/** A shell stands in for Python: what a workload's command says is what it runs. */
async function startManager(): Promise<WorkloadManager> {
  const manager = createLocalWorkloadManager({ python: '/bin/sh', directory }, pino({ level: 'fatal' }));
  open.push(manager);
  await manager.start();
  return manager;
}

const workload = (name: string, script: string): Workload =>
  testWorkload(name, '3f1e8bd8-0000-4000-8000-000000000001', script);

async function until(manager: WorkloadManager, name: string, phase: string): Promise<WorkloadStatus> {
  for (let tries = 0; tries < 200; tries++) {
    const status = await manager.status(name);
    if (status.phase === phase) return status;
    await sleep(50);
  }
  throw new Error(`${name} is not ${phase} but ${(await manager.status(name)).phase}`);
}

async function linesOf(lines: AsyncIterable<WorkloadLogLine>): Promise<WorkloadLogLine[]> {
  const read: WorkloadLogLine[] = [];
  for await (const line of lines) read.push(line);
  return read;
}

test('a runner gets its environment and none of the server’s, runs once, and leaves its log', async () => {
  process.env['ZENML_STORE_URL'] = 'mysql://of-the-server';
  const manager = await startManager();
  const script = 'echo "$COLOUR $TOKEN $ZENML_STORE_URL"; echo 1 >> ../count; sleep 0.3; cat ../count';
  const once = workload('once', script.replaceAll('../count', join(directory, 'count')));
  await Promise.all([manager.launch(once), manager.launch(once)]);
  const log = await linesOf(manager.readLog('once', { follow: true }));
  expect(log.map(({ message }) => message)).toEqual(['blue token-of-run ', '1']);
  expect((await until(manager, 'once', 'succeeded')).runId).toBe(once.runId);
  const after = await linesOf(manager.readLog('once', { after: log[0]?.cursor ?? '' }));
  expect(after).toEqual(log.slice(1));
});

test('a runner that fails says why, and whoever listens is told', async () => {
  const manager = await startManager();
  const told = new Promise<WorkloadStatus>((resolve) => {
    manager.onChange((status) => status.phase === 'failed' && resolve(status));
  });
  await manager.launch(workload('failing', 'echo "ValueError: no such stack"; echo rest of it; exit 3'));
  expect(await told).toMatchObject({
    name: 'failing',
    reason: 'the runner ended with exit code 3: ValueError: no such stack',
  });
});

test('a manager that starts later finds what runs, what is gone, and ends it when it is told', async () => {
  await (await startManager()).launch(workload('lasting', 'sleep 60'));
  const later = await startManager();
  await until(later, 'lasting', 'running');
  await later.remove('lasting');
  expect((await later.status('lasting')).phase).toBe('absent');
  await later.launch(workload('killed', 'kill -9 $PPID'));
  expect((await until(later, 'killed', 'failed')).reason).toMatch(/gone without an exit code/);
});

test('the process of a runner is not mistaken for another one with its number', async () => {
  const manager = await startManager();
  await manager.launch(workload('replaced', 'sleep 60'));
  await until(manager, 'replaced', 'running');
  await manager.remove('replaced');
  await manager.launch(workload('replaced', 'kill -9 $PPID'));
  await until(manager, 'replaced', 'failed');
  await writeFile(join(directory, 'replaced', 'pid'), String(process.pid));
  expect((await manager.status('replaced')).phase).toBe('failed');
});

test('a runner that has not yet written its number is not taken for one that is gone', async () => {
  const manager = await startManager();
  await manager.launch(workload('slow', 'sleep 60'));
  await until(manager, 'slow', 'running');
  const file = join(directory, 'slow', 'pid');
  const pid = await readFile(file, 'utf8');
  await writeFile(file, '');
  expect((await manager.status('slow')).phase).toBe('pending');
  // It is ended with the others.
  await writeFile(file, pid);
});

test('a runner that is just being started is not listed, for want of whose it is', async () => {
  const manager = await startManager();
  await mkdir(join(directory, 'begun', 'config'), { recursive: true });
  expect((await manager.list()).filter(({ runId }) => runId === '')).toEqual([]);
});

test('a Python without ZenML is found', async () => {
  expect(await (await startManager()).diagnose()).toMatchObject([
    { severity: 'error', fix: expect.stringMatching(/PYTHON/) },
  ]);
});
