import type { BodyOf, Model } from '../../contract/operation-types.ts';
import type { Transaction } from '../../database/database.ts';
import { readDatabaseTime } from '../../database/database-time.ts';
import { toDatabaseId } from '../../database/ids.ts';
import { illegalOperation, keyError } from '../../errors.ts';
import { noSuch } from '../../listing/lister.ts';
import { findProject } from '../projects/projects-read-model.ts';
import { writeUnique } from '../unique-names.ts';
import { toWebhookConfiguration } from '../webhooks/providers/configuration.ts';
import { providerOf } from '../webhooks/providers/registry.ts';
import { findWebhook } from '../webhooks/webhooks-read-model.ts';
import {
  requireWhole,
  type ScheduleRequest,
  type TypeValues,
  toEventValues,
  toScheduleValues,
} from './trigger-requests.ts';
import { requireTrigger } from './triggers-service.ts';
import * as store from './triggers-store.ts';

type TriggerRequest = BodyOf<'create_trigger_api_v1_triggers_post'>;
type TriggerUpdate = BodyOf<'update_trigger_api_v1_triggers__trigger_id__put'>;

const FLAVORS = {
  schedule: 'native schedule',
  platform_event: 'platform event',
  webhook: 'webhook',
} as const;

/**
 * Creates a trigger.
 * @returns its database id.
 * @throws ApiError KeyError 404, EntityExistsError 409; RequestValidationError 422
 */
export async function createTrigger(
  transaction: Transaction,
  request: TriggerRequest,
  userId: string,
): Promise<string> {
  const ofType = await createdValues(transaction, request);
  const project = await findProject(transaction, request.project);
  if (ofType.webhookProjectId !== undefined && ofType.webhookProjectId !== project.id) {
    throw keyError(`Webhook ${'webhook_id' in request ? request.webhook_id : ''} not found.`);
  }
  const values = {
    name: request.name,
    project_id: project.id,
    user_id: userId,
    active: (request.active ?? true) ? 1 : 0,
    type: request.type,
    flavor: FLAVORS[request.type],
    concurrency: request.concurrency ?? 'skip',
    ...ofType.values,
  };
  return writeUnique({ operation: 'create', kind: 'trigger', name: request.name, projectName: project.name }, () =>
    store.insertTrigger(transaction, values),
  );
}

/**
 * Changes a trigger; what an update leaves out of name, activity and concurrency stays.
 * @throws ApiError IllegalOperationError 403, KeyError 404, EntityExistsError 409; RequestValidationError 422
 */
export async function changeTrigger(transaction: Transaction, id: string, update: TriggerUpdate): Promise<void> {
  if (update.type === 'webhook') requireWhole(update);
  const ofSchedule = update.type === 'schedule' ? await scheduleValues(transaction, update) : undefined;
  const ofEvent = update.type === 'platform_event' ? toEventValues(update) : undefined;
  const trigger = await requireTrigger(transaction, id);
  if (trigger.type !== update.type) {
    throw illegalOperation('A trigger can not be updated with a different trigger type.');
  }
  if (update.type === 'platform_event') await requireSource(transaction, update.source_entity);
  const ofWebhook =
    update.type === 'webhook' ? await webhookValues(transaction, trigger.webhook_id, update.configuration) : undefined;
  if (trigger.is_archived === 1) throw illegalOperation('Archived triggers can not be updated.');
  const changes = {
    ...(update.name !== undefined && { name: update.name }),
    ...(update.active !== undefined && { active: update.active ? 1 : 0 }),
    ...(update.concurrency !== undefined && { concurrency: update.concurrency }),
    ...(ofSchedule ?? ofEvent ?? ofWebhook),
  };
  const project = await findProject(transaction, trigger.project_id);
  await writeUnique({ operation: 'update', kind: 'trigger', name: update.name, projectName: project.name }, () =>
    store.updateTrigger(transaction, id, changes),
  );
}

interface CreatedValues {
  readonly values: TypeValues;
  /** The project that its webhook belongs to. */
  readonly webhookProjectId?: string;
}

async function createdValues(transaction: Transaction, request: TriggerRequest): Promise<CreatedValues> {
  if (request.type === 'schedule') return { values: await scheduleValues(transaction, request) };
  if (request.type === 'platform_event') {
    const values = toEventValues(request);
    await requireSource(transaction, request.source_entity);
    return { values };
  }
  const webhookId = toDatabaseId(request.webhook_id);
  const webhook = await findWebhook(transaction, webhookId);
  const configuration = toWebhookConfiguration(providerOf(webhook.webhook_type), request.configuration);
  const values = { configuration: JSON.stringify({ configuration }), webhook_id: webhookId };
  return { values, webhookProjectId: webhook.project_id };
}

/** Its first time is seen from the database's: whichever replica is asked, the one that fires it may be another. */
async function scheduleValues(transaction: Transaction, request: ScheduleRequest): Promise<TypeValues> {
  return toScheduleValues(request, await readDatabaseTime(transaction));
}

async function webhookValues(
  transaction: Transaction,
  webhookId: string | null,
  sent: Readonly<Record<string, unknown>>,
): Promise<TypeValues> {
  const webhook = await findWebhook(transaction, webhookId ?? '');
  return {
    configuration: JSON.stringify({ configuration: toWebhookConfiguration(providerOf(webhook.webhook_type), sent) }),
  };
}

const SOURCES = { pipeline: 'pipeline', pipeline_run: 'pipeline run', pipeline_snapshot: 'pipeline snapshot' } as const;

async function requireSource(transaction: Transaction, { type, id }: Model<'SourceEntity'>): Promise<void> {
  if (!(await store.hasSource(transaction, type, toDatabaseId(id)))) throw noSuch(SOURCES[type], id);
}
