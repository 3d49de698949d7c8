import { execFile } from 'node:child_process';
import { mkdir } from 'node:fs/promises';
import { promisify } from 'node:util';
import type { Logger } from 'pino';
import { type RepeatedWork, repeatWork } from '../../repeated-work.ts';
import type { Finding, WorkloadManager, WorkloadPhase, WorkloadStatus } from '../manager.ts';
import {
  listRunners,
  logFileOf,
  readLastLines,
  readRunnerStatus,
  removeRunner,
  startRunner,
} from './runner-directory.ts';
import { readLogFile } from './runner-log.ts';

/** How runners are started on this machine. */
export interface LocalSettings {
  /** A Python that has ZenML and what the stacks need. */
  readonly python: string;
  /** Where the files of runners are kept. */
  readonly directory: string;
}

/** How often running processes are looked at, milliseconds. */
const INTERVAL = 1000;

/**
 * Runs runners as processes of this machine, for a computer without Kubernetes. They outlive the server: one that is
 * started again finds them by their files. Images play no part. For a single replica.
 */
export function createLocalWorkloadManager({ python, directory }: LocalSettings, log: Logger): WorkloadManager {
  const listeners = new Set<(status: WorkloadStatus) => void>();
  const phases = new Map<string, WorkloadPhase>();
  let looking: RepeatedWork | undefined;

  const look = async () => {
    for (const [name, before] of phases) {
      if (before !== 'pending' && before !== 'running') continue;
      const status = await readRunnerStatus(directory, name);
      phases.set(name, status.phase);
      if (status.phase !== before) for (const listener of listeners) listener(status);
    }
  };
  const diagnose = () => checkPython(python);

  return {
    async start() {
      await mkdir(directory, { recursive: true, mode: 0o700 });
      for (const name of await listRunners(directory)) {
        phases.set(name, (await readRunnerStatus(directory, name)).phase);
      }
      looking = repeatWork(INTERVAL, look, (error) => log.warn({ err: error }, 'local runners were not looked at'));
    },
    async stop() {
      await looking?.stop();
    },
    diagnose,
    preflight: diagnose,
    prepareImage: async ({ snapshotImage }) => snapshotImage ?? '',
    async launch(workload) {
      const [, ...rest] = workload.command;
      await startRunner(directory, workload, [python, ...rest, ...workload.arguments], inheritedEnvironment());
      phases.set(workload.name, 'pending');
    },
    status: (name) => readRunnerStatus(directory, name),
    lastSeen: async (name) => ({ events: [], lastLines: await readLastLines(directory, name) }),
    async list() {
      const names = await listRunners(directory);
      const statuses = await Promise.all(names.map((name) => readRunnerStatus(directory, name)));
      // One that is just being started: whose it is does not stand there yet, and it would be removed as nobody's.
      return statuses.filter(({ phase }) => phase !== 'absent');
    },
    async remove(name) {
      await removeRunner(directory, name);
      phases.delete(name);
    },
    onChange(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    async *readLog(name, reading) {
      const isLive = async () => ['pending', 'running'].includes((await readRunnerStatus(directory, name)).phase);
      if ((await readRunnerStatus(directory, name)).phase === 'absent') return;
      yield* readLogFile(logFileOf(directory, name), reading, isLive);
    },
  };
}

/** Credentials of clouds and clusters are those of whoever runs the server; its own settings are not for runners. */
function inheritedEnvironment(): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith('ZENML_')));
}

async function checkPython(python: string): Promise<readonly Finding[]> {
  const fix = 'Install ZenML there, or name a Python that has it in ZENML_WORKSPACE_LOCAL_PYTHON.';
  try {
    await promisify(execFile)(python, [
      '-c',
      'import importlib.util as u, sys; sys.exit(u.find_spec("zenml") is None)',
    ]);
    return [];
  } catch {
    return [{ severity: 'error', problem: `\`${python}\` has no ZenML, so that no run can be started.`, fix }];
  }
}
