import type { Connection } from '../../database/database.ts';
import { illegalOperation, notImplemented, valueError } from '../../errors.ts';
import { noSuch } from '../../listing/lister.ts';
import { findStackFlavors } from './run-status-store.ts';

/** A run that its orchestrator is to be asked about. */
interface OrchestratedRun {
  status: string;
  orchestrator_run_id: string | null;
  stack_id: string | null;
}

/**
 * Refuses what cannot be stopped (ZenML 0.98.0 utils/run_utils.py).
 * @returns the class name of the run's orchestrator.
 * @throws ApiError KeyError 404, ValueError 400, IllegalOperationError 403
 */
export async function checkStoppable(connection: Connection, runId: string): Promise<string> {
  const run = await findRun(connection, runId);
  requireStack(run, 'executed on ');
  if (run.status === 'completed') throw illegalOperation('Cannot stop a run that is already completed.');
  if (run.status === 'stopped') throw illegalOperation('Run is already stopped.');
  if (run.status === 'stopping') throw illegalOperation('Run is already being stopped.');
  const orchestrator = await findOrchestrator(connection, run);
  if (!run.orchestrator_run_id) {
    throw illegalOperation('Cannot stop a pipeline run that has no orchestrator run id yet.');
  }
  return orchestrator;
}

/**
 * Orchestrators run code of their own to tell the status of a run, which is Python: the server asks none.
 * @throws ApiError KeyError 404, ValueError 400, else NotImplementedError 501
 */
export async function refuseRefresh(connection: Connection, runId: string): Promise<never> {
  const run = await findRun(connection, runId);
  requireStack(run, 'executed on');
  const orchestrator = await findOrchestrator(connection, run);
  throw notImplemented(`The fetch status functionality is not implemented for the '${orchestrator}' orchestrator.`);
}

/** What forced stops end with after the run is marked as stopping, which its steps see at their next heartbeat. */
export function refuseForcedStop(orchestrator: string): never {
  throw notImplemented(
    `The forceful stop run functionality is not implemented for the '${orchestrator}' orchestrator.`,
  );
}

async function findRun(connection: Connection, runId: string): Promise<OrchestratedRun> {
  const run = await connection
    .selectFrom('pipeline_run as run')
    .leftJoin('pipeline_snapshot as snapshot', 'snapshot.id', 'run.snapshot_id')
    .select(['run.status', 'run.orchestrator_run_id'])
    .select((found) => found.fn.coalesce('snapshot.stack_id', 'run.stack_id').as('stack_id'))
    .where('run.id', '=', runId)
    .executeTakeFirst();
  if (!run) throw noSuch('pipeline run', runId);
  return run;
}

function requireStack(run: OrchestratedRun, words: string): void {
  if (run.stack_id !== null) return;
  throw valueError(
    `The stack that this pipeline run response was ${words}is either not accessible or has been deleted.`,
  );
}

async function findOrchestrator(connection: Connection, { stack_id }: OrchestratedRun): Promise<string> {
  const flavor = (await findStackFlavors(connection, stack_id ?? '')).get('orchestrator');
  if (flavor === undefined) {
    throw valueError(
      'The orchestrator that this pipeline run response was executed with is either not accessible or has been deleted.',
    );
  }
  return `${flavor.replace(/(?:^|_)(\w)/g, (_match, letter: string) => letter.toUpperCase())}Orchestrator`;
}
