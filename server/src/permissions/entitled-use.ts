import type { Logger } from 'pino';
import type { Entitlements } from '../auth/permissions.ts';
import { ENTITLED_OPERATIONS, type EntitledUse } from './entitled-operations.ts';
import { isEntity } from './resource-models.ts';
import { type Call, type Change, memberOf } from './rules.ts';

type Handle = Call['handle'];

/** Puts the question whether the subscription allows it before what is done, and the report of it after. */
export function entitled(
  operation: string,
  entitlements: Entitlements | undefined,
  log: Pick<Logger, 'warn'>,
  call: Pick<Call, 'request' | 'checks' | 'projectId'>,
  handle: Handle,
): Handle {
  const use: EntitledUse | undefined = ENTITLED_OPERATIONS[operation as keyof typeof ENTITLED_OPERATIONS];
  if (!entitlements || !use) return handle;
  const report = (id: string, total: 1 | -1) =>
    entitlements.report(use.feature, id, total).catch((error: unknown) => {
      log.warn({ err: error, ...use }, 'the control plane was not told what is used of the subscription');
    });
  return async (change: Change = {}) => {
    const counts = use.feature !== 'pipeline' || !use.asks || (await isNewName(call));
    const refusal = use.asks && counts ? await entitlements.require(use.feature).then(nothing, asError) : undefined;
    // A run that has begun already is found without.
    const found = use.feature === 'pipeline_run';
    if (refusal && !found) throw refusal;
    const run = change.refusals?.run ?? refusal;
    const answer = await handle(found ? { ...change, refusals: { ...change.refusals, run } } : change);
    const id = use.reports === 1 ? idOfNew(answer) : change.goneId;
    if (use.reports && counts && id !== undefined) await report(id, use.reports);
    return answer;
  };
}

/** Further versions of a pipeline are not counted. */
async function isNewName({ request, checks, projectId }: Pick<Call, 'request' | 'checks' | 'projectId'>) {
  const project = await projectId(request.query['project_name_or_id'] ?? memberOf(request.body, 'project'));
  return (await checks.findPipelineByName(project, String(memberOf(request.body, 'name')))) === undefined;
}

/** The id of what is new; nothing of a run that was there, or of an answer that is given again. */
function idOfNew(answer: unknown): string | undefined {
  const [entity, isNew] = Array.isArray(answer) ? answer : [answer, true];
  return isNew && isEntity(entity) ? entity.id : undefined;
}

const nothing = () => undefined;

function asError(error: unknown): Error {
  if (error instanceof Error) return error;
  throw error;
}
