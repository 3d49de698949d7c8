import { illegalOperation } from '../../errors.ts';
import type { TypedModel } from '../resource-models.ts';
import { type Check, memberOf, runOf } from '../rules.ts';

/** The run of a log that is written. */
export const mayUpdateRunOfLogs: Check = async ({ request, checks }) => {
  const runId = memberOf(request.body, 'pipeline_run_id');
  const stepId = memberOf(request.body, 'step_run_id');
  if (runId) await checks.require('update', [await checks.find('run', runId)]);
  else if (stepId) await checks.require('update', [await runOf(checks, await checks.find('step', stepId))]);
};

/** The stores in which a log is kept. */
export const mayReadStoresOfLogs: Check = async ({ request, checks }) => {
  const ids = ['artifact_store_id', 'log_store_id'].flatMap((name) => memberOf(request.body, name) ?? []);
  await checks.require('read', await Promise.all(ids.map((id) => checks.find('component', id))));
};

/** The run of a log that is read. */
export const mayReadRunOfLogs: Check = async ({ request, checks }) => {
  const { model } = await checks.find('logs', request.path['logs_id']);
  const { pipeline_run_id, step_run_id, hook_invocation_id } = model.body ?? {};
  if (pipeline_run_id) return checks.require('read', [await checks.find('run', pipeline_run_id)]);
  const child = step_run_id
    ? await checks.find('step', step_run_id)
    : hook_invocation_id && (await checks.find('hookInvocation', hook_invocation_id));
  if (child) return checks.require('read', [await runOf(checks, child as TypedModel)]);
  throw illegalOperation('Logs must be associated with a pipeline run, step run or hook invocation before fetching.');
};
