import type { Connection, Transaction } from '../../database/database.ts';
import { newId } from '../../database/ids.ts';
import { ApiError } from '../../errors.ts';
import type { StepInput } from './step-inputs.ts';

/** Links a step to the steps that it follows. @throws ApiError RuntimeError 500 where one of them has not been made */
export async function insertParents(
  transaction: Transaction,
  step: { id: string; name: string; runId: string },
  parentNames: readonly string[],
): Promise<void> {
  if (parentNames.length === 0) return;
  const rows = await transaction
    .selectFrom('step_run')
    .select(['id', 'name'])
    .where('pipeline_run_id', '=', step.runId)
    .where('name', 'in', parentNames)
    .execute();
  const byName = new Map(rows.map((row) => [row.name, row.id]));
  const missing = parentNames.find((name) => !byName.has(name));
  if (missing !== undefined) {
    throw new ApiError('RuntimeError', `Parent step run \`${missing}\` not found for step run \`${step.name}\`.`);
  }
  const parentIds = new Set(parentNames.flatMap((name) => byName.get(name) ?? []));
  const links = [...parentIds].map((parentId) => ({ child_id: step.id, parent_id: parentId }));
  await transaction.insertInto('step_run_parents').values(links).execute();
}

/** An artifact version (database id) that goes into a step. */
export interface InputLink extends StepInput {
  readonly name: string;
  readonly artifactId: string;
}

/** Links a step to its inputs; those that it has are kept. */
export async function insertInputs(
  transaction: Transaction,
  stepId: string,
  inputs: readonly InputLink[],
): Promise<void> {
  if (inputs.length === 0) return;
  const rows = inputs.map((input) => ({
    step_id: stepId,
    artifact_id: input.artifactId,
    name: input.name,
    type: input.type,
    input_index: input.index,
    chunk_index: input.chunkIndex,
    chunk_size: input.chunkSize,
  }));
  await transaction.insertInto('step_run_input_artifact').ignore().values(rows).execute();
}

/** An artifact version (database id) that came out of a step. */
export interface OutputLink {
  readonly name: string;
  readonly artifactId: string;
}

/** Links a step to its outputs; those that it has are kept. */
export async function insertOutputs(
  transaction: Transaction,
  stepId: string,
  outputs: readonly OutputLink[],
): Promise<void> {
  if (outputs.length === 0) return;
  const rows = outputs.map((output) => ({ step_id: stepId, artifact_id: output.artifactId, name: output.name }));
  await transaction.insertInto('step_run_output_artifact').ignore().values(rows).execute();
}

/** How the artifacts of a step came into it. */
export async function findInputs(connection: Connection, stepId: string): Promise<InputLink[]> {
  const rows = await connection
    .selectFrom('step_run_input_artifact')
    .selectAll()
    .where('step_id', '=', stepId)
    .execute();
  return rows.map((row) => ({
    name: row.name,
    artifactId: row.artifact_id,
    type: row.type as StepInput['type'],
    index: row.input_index,
    chunkIndex: row.chunk_index,
    chunkSize: row.chunk_size,
  }));
}

/** Which of the artifact versions exist in a project. */
export async function findArtifactVersions(
  connection: Connection,
  projectId: string,
  ids: readonly string[],
): Promise<Set<string>> {
  if (ids.length === 0) return new Set();
  const query = connection
    .selectFrom('artifact_version')
    .select('id')
    .where('project_id', '=', projectId)
    .where('id', 'in', ids);
  return new Set((await query.execute()).map((row) => row.id));
}

/** Gives a step the metadata that another one published: what a cached step would have published again. */
export async function copyMetadata(transaction: Transaction, fromStepId: string, toStepId: string): Promise<void> {
  const links = await transaction
    .selectFrom('run_metadata_resource as link')
    .innerJoin('run_metadata as entry', 'entry.id', 'link.run_metadata_id')
    .select('link.run_metadata_id')
    .where('link.resource_id', '=', fromStepId)
    .where('link.resource_type', '=', 'step_run')
    .where('entry.publisher_step_id', '=', fromStepId)
    .execute();
  if (links.length === 0) return;
  const rows = links.map(({ run_metadata_id }) => ({
    id: newId(),
    resource_id: toStepId,
    resource_type: 'step_run',
    run_metadata_id,
  }));
  await transaction.insertInto('run_metadata_resource').values(rows).execute();
}
