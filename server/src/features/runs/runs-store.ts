import type { Insertable } from 'kysely';
import type { Connection, Transaction } from '../../database/database.ts';
import type { PipelineRunTable } from '../../database/generated/schema.gen.ts';
import { newId } from '../../database/ids.ts';
import { now } from '../../database/instants.ts';

/** The columns of a new run that follow from the request and its snapshot. */
export type RunValues = Omit<Insertable<PipelineRunTable>, 'id' | 'created' | 'updated'>;

/** Inserts a run and returns its database id; the caller tells which unique key refused it. */
export async function insertRun(transaction: Transaction, values: RunValues): Promise<string> {
  const id = newId();
  const created = now();
  await transaction
    .insertInto('pipeline_run')
    .values({ id, created, updated: created, ...values })
    .execute();
  return id;
}

/** Finds a run. */
export function findRun(connection: Connection, id: string): Promise<{ id: string; status: string } | undefined> {
  return connection.selectFrom('pipeline_run').select(['id', 'status']).where('id', '=', id).executeTakeFirst();
}

const PLACEHOLDERS = ['initializing', 'provisioning'] as const;

/** The run that an orchestrator has begun under this id, if any. */
export async function findRunOfOrchestrator(
  connection: Connection,
  snapshotId: string,
  orchestratorRunId: string,
): Promise<string | undefined> {
  const row = await connection
    .selectFrom('pipeline_run')
    .select('id')
    .where('snapshot_id', '=', snapshotId)
    .where('orchestrator_run_id', '=', orchestratorRunId)
    .where('status', 'not in', PLACEHOLDERS)
    .executeTakeFirst();
  return row?.id;
}

/** Holds a snapshot until the transaction ends, so that its runs are created one after the other. */
export async function lockSnapshot(transaction: Transaction, snapshotId: string): Promise<void> {
  await transaction.selectFrom('pipeline_snapshot').select('id').where('id', '=', snapshotId).forUpdate().execute();
}

/** A run that stands for one that its orchestrator has yet to begin. */
export interface PlaceholderRun {
  id: string;
  project_id: string;
  orchestrator_run_id: string | null;
}

/** A snapshot's placeholder run, preferably one that has the orchestrator's id already. */
export function lockPlaceholder(
  transaction: Transaction,
  snapshotId: string,
  orchestratorRunId: string | null,
): Promise<PlaceholderRun | undefined> {
  return transaction
    .selectFrom('pipeline_run')
    .select(['id', 'project_id', 'orchestrator_run_id'])
    .where('snapshot_id', '=', snapshotId)
    .where((run) =>
      run.or([run('orchestrator_run_id', '=', orchestratorRunId), run('orchestrator_run_id', 'is', null)]),
    )
    .where('status', 'in', PLACEHOLDERS)
    .orderBy('orchestrator_run_id', 'desc')
    .limit(1)
    .forUpdate()
    .executeTakeFirst();
}

/** Turns a placeholder run into the run that its orchestrator has begun. */
export async function replacePlaceholder(
  transaction: Transaction,
  id: string,
  values: Pick<
    Insertable<PipelineRunTable>,
    'orchestrator_run_id' | 'orchestrator_environment' | 'status' | 'in_progress'
  >,
): Promise<void> {
  await transaction
    .updateTable('pipeline_run')
    .set({ ...values, updated: now() })
    .where('id', '=', id)
    .execute();
}

/** What a new run takes from its snapshot. */
export interface SnapshotOfRun {
  pipeline_id: string;
  pipeline_configuration: string;
}

/** Reads what a new run takes from its snapshot. */
export function readSnapshot(connection: Connection, snapshotId: string): Promise<SnapshotOfRun> {
  return connection
    .selectFrom('pipeline_snapshot')
    .select(['pipeline_id', 'pipeline_configuration'])
    .where('id', '=', snapshotId)
    .executeTakeFirstOrThrow();
}

/** Whether a name is taken in a project. */
export async function isNameTaken(connection: Connection, name: string, projectId: string): Promise<boolean> {
  const row = await connection
    .selectFrom('pipeline_run')
    .select('id')
    .where('name', '=', name)
    .where('project_id', '=', projectId)
    .executeTakeFirst();
  return row !== undefined;
}

/** Counts one more run of a pipeline and returns its number; holds the pipeline until the transaction ends. */
export async function nextRunIndex(transaction: Transaction, pipelineId: string): Promise<number> {
  await transaction
    .updateTable('pipeline')
    .set((pipeline) => ({ run_count: pipeline('run_count', '+', 1) }))
    .where('id', '=', pipelineId)
    .execute();
  const pipeline = await transaction
    .selectFrom('pipeline')
    .select('run_count')
    .where('id', '=', pipelineId)
    .executeTakeFirstOrThrow();
  return pipeline.run_count;
}

/** The run at the root of a parent's tree of runs. */
export async function findRootRun(connection: Connection, parentId: string): Promise<string> {
  const parent = await connection
    .selectFrom('pipeline_run')
    .select('root_run_id')
    .where('id', '=', parentId)
    .executeTakeFirstOrThrow();
  return parent.root_run_id ?? parentId;
}

/** Sets the model version that a run is configured with. */
export async function setModelVersion(transaction: Transaction, runId: string, versionId: string): Promise<void> {
  await transaction.updateTable('pipeline_run').set({ model_version_id: versionId }).where('id', '=', runId).execute();
}

/** Sets the outputs of a run: artifact version ids (database form) by name, in order. */
export async function replaceOutputs(
  transaction: Transaction,
  runId: string,
  outputs: ReadonlyMap<string, string>,
): Promise<void> {
  await transaction.deleteFrom('pipeline_run_output').where('pipeline_run_id', '=', runId).execute();
  if (outputs.size === 0) return;
  const created = now();
  const rows = Array.from(outputs, ([name, artifactId], index) => ({
    id: newId(),
    created,
    updated: created,
    name,
    output_index: index,
    pipeline_run_id: runId,
    artifact_id: artifactId,
  }));
  await transaction.insertInto('pipeline_run_output').values(rows).execute();
}

/** Switches the heartbeats of a run and of its steps off. */
export async function disableHeartbeat(transaction: Transaction, runId: string): Promise<void> {
  await transaction.updateTable('pipeline_run').set({ enable_heartbeat: 0 }).where('id', '=', runId).execute();
  await transaction
    .updateTable('step_run')
    .set({ heartbeat_threshold: null })
    .where('pipeline_run_id', '=', runId)
    .execute();
}
