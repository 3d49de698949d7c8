import { type Logger, pino } from 'pino';
import type { Config } from './config/config.ts';
import { createDatabase } from './database/database.ts';
import { fromDatabaseId, newId } from './database/ids.ts';
import { readServerSettings } from './features/server/server-settings-store.ts';
import { createManager } from './launching.ts';
import { diagnoseSecretsStore } from './secrets/open-secrets-store.ts';
import { diagnoseSettings } from './workloads/launcher/server-settings.ts';
import { diagnoseLogStore, openLogStore } from './workloads/logs/log-store.ts';
import type { Builders, Finding } from './workloads/manager.ts';

/**
 * Looks for everything that keeps snapshots from being run: the database, the cluster, its permissions,
 * a secrets store outside of the database. Nothing is changed.
 * @returns what is wrong, errors first; empty where all is well
 */
export async function examine(config: Config): Promise<readonly Finding[]> {
  const silent = pino({ level: 'silent' });
  const findings = [
    ...(config.workloads.managerSource === undefined ? [] : diagnoseSettings(config)),
    ...(await examineWorkloads(config, silent)),
    ...(await examineSecrets(config, silent)),
  ];
  return findings.sort((one, other) => rank(one) - rank(other));
}

function rank({ severity }: Finding): number {
  return severity === 'error' ? 0 : 1;
}

async function examineWorkloads(config: Config, log: Logger): Promise<readonly Finding[]> {
  const { managerSource } = config.workloads;
  if (managerSource === undefined) {
    return [
      {
        severity: 'warning',
        problem: 'No workload manager is chosen: snapshots cannot be run from the dashboard.',
        fix: 'Set ZENML_SERVER_WORKLOAD_MANAGER_IMPLEMENTATION_SOURCE (docs/workload-managers.md).',
      },
    ];
  }
  const serverId = await readServerId(config).catch((error: unknown) => toFinding(error, NO_DATABASE));
  if (typeof serverId !== 'string') return [serverId];
  try {
    const manager = await createManager(config.workloads, serverId, log, NO_BUILDERS);
    const logStore = await openLogStore(config.workloads);
    const ofLogs = logStore ? await diagnoseLogStore(logStore) : [];
    return [...((await manager?.diagnose()) ?? []), ...ofLogs];
  } catch (error) {
    return [toFinding(error, NO_CLUSTER)];
  }
}

/** Steps and components get their secrets of the server. */
async function examineSecrets(config: Config, log: Logger): Promise<readonly Finding[]> {
  const database = createDatabase(config.store.database);
  // Whose a secret is does not matter where none is found.
  const problems = await diagnoseSecretsStore(database.db, config.secretsStore, { serverId: newId(), log }).finally(
    () => database.destroy(),
  );
  return problems.map((problem) => ({
    severity: 'error',
    problem: `The secrets store fails: ${problem}`,
    fix: NO_SECRETS,
  }));
}

const NO_SECRETS =
  'Check ZENML_SECRETS_STORE_AUTH_CONFIG and what the role of the server may do (docs/operations.md, Secrets outside of the database).';
/** None is begun here. */
const NO_BUILDERS: Builders = { find: async () => [], isAwaited: async () => false };
const NO_DATABASE = 'Check ZENML_STORE_URL, and start the server once on the database.';
const NO_CLUSTER = 'Name a kubeconfig in KUBECONFIG, or run the server in a pod that has a service account.';

async function readServerId(config: Config): Promise<string> {
  const database = createDatabase(config.store.database);
  try {
    return fromDatabaseId((await readServerSettings(database.db)).id);
  } finally {
    await database.destroy();
  }
}

function toFinding(error: unknown, fix: string): Finding {
  return { severity: 'error', problem: error instanceof Error ? error.message : String(error), fix };
}

/** One line for each problem, and what mends it below. */
export function report(findings: readonly Finding[]): string {
  if (findings.length === 0) return 'All is well.';
  return findings.map(({ severity, problem, fix }) => `${severity}: ${problem}\n  ${indented(fix)}`).join('\n');
}

function indented(text: string): string {
  return text.replaceAll('\n', '\n  ');
}
