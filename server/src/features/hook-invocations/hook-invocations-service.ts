import type { BodyOf } from '../../contract/operation-types.ts';
import type { Transaction } from '../../database/database.ts';
import { newId, toDatabaseId } from '../../database/ids.ts';
import { toDatabaseInstant, toNullableDatabaseInstant } from '../../database/instants.ts';
import { valueError } from '../../errors.ts';
import { findProject } from '../projects/projects-read-model.ts';
import { checkReference } from '../references.ts';
import { toStoredException } from '../runs/exception-info.ts';
import { holdRun } from '../runs/run-access-service.ts';
import * as store from './hook-invocations-store.ts';

type HookInvocationRequest = BodyOf<'create_hook_invocation_api_v1_hook_invocations_post'>;

/** Records that a hook of a run or step was called, and returns the record's database id. @throws ApiError 404, 409 */
export async function createHookInvocation(
  transaction: Transaction,
  request: HookInvocationRequest,
  userId: string,
): Promise<string> {
  await holdRun(transaction, toDatabaseId(request.pipeline_run_id));
  const project = await findProject(transaction, request.project);
  const reference = { from: 'hook invocation', projectId: project.id };
  await checkReference(transaction, { ...reference, table: 'pipeline_run', id: request.pipeline_run_id });
  const stepId = await checkReference(transaction, { ...reference, table: 'step_run', id: request.step_run_id });
  const outputs = await checkOutputs(transaction, request.outputs ?? {}, project.id);
  const id = request.id === undefined ? newId() : toDatabaseId(request.id);
  await store.insertHookInvocation(transaction, {
    id,
    project_id: project.id,
    user_id: userId,
    hook_type: request.hook_type,
    name: request.name ?? null,
    status: request.status,
    start_time: toDatabaseInstant(request.start_time),
    end_time: toNullableDatabaseInstant(request.end_time),
    source: request.source ?? null,
    pipeline_run_id: toDatabaseId(request.pipeline_run_id),
    step_run_id: stepId,
    exception_info: request.exception_info ? toStoredException(request.exception_info) : null,
  });
  await store.insertOutputs(
    transaction,
    outputs.map((output) => ({ ...output, hook_invocation_id: id })),
  );
  if (request.logs_id != null) await store.linkLogs(transaction, toDatabaseId(request.logs_id), id);
  return id;
}

async function checkOutputs(
  transaction: Transaction,
  outputs: Readonly<Record<string, readonly string[]>>,
  projectId: string,
): Promise<{ name: string; artifact_version_id: string }[]> {
  const links: { name: string; artifact_version_id: string }[] = [];
  for (const [name, ids] of Object.entries(outputs)) {
    if (new Set(ids.map(toDatabaseId)).size < ids.length) {
      throw valueError(`The output '${name}' of a hook invocation has an artifact version more than once.`);
    }
    for (const id of ids) {
      const output = {
        table: 'artifact_version',
        id,
        from: 'hook invocation schema',
        type: 'output artifact',
      } as const;
      const found = await checkReference(transaction, { ...output, projectId });
      if (found) links.push({ name, artifact_version_id: found });
    }
  }
  return links;
}
