import { randomBytes } from 'node:crypto';
import { invalidBody } from '../../contract/issues.ts';
import type { BodyOf, Model } from '../../contract/operation-types.ts';
import type { Connection, Transaction } from '../../database/database.ts';
import { fromDatabaseId, newId } from '../../database/ids.ts';
import { keyError } from '../../errors.ts';
import { gunzip } from '../../gzip.ts';
import { HttpError } from '../../http-error.ts';
import { rawJson } from '../../raw-json.ts';
import { findProject } from '../projects/projects-read-model.ts';
import type { SecretsService } from '../secrets/secrets-service.ts';
import { leaveWebhook } from '../triggers/triggers-service.ts';
import { writeUnique } from '../unique-names.ts';
import { isWebhookType } from './providers/registry.ts';
import { findWebhook } from './webhooks-read-model.ts';
import * as store from './webhooks-store.ts';

type WebhookUpdate = BodyOf<'update_webhook_api_v1_webhooks__webhook_id__put'>;

/** The key under which a webhook's secret holds what requests are signed with (ZenML 0.98.0 sql_zen_store.py). */
const SECRET_KEY = 'secret';

/** The rules of webhooks; ids in database form. */
export interface WebhooksService {
  /**
   * Creates a webhook.
   * @returns its id, and the secret where it was made here: it is told once.
   * @throws ApiError KeyError 404, EntityExistsError 409; HttpError 422 for an unknown type
   */
  create(
    transaction: Transaction,
    request: Model<'WebhookRequest'>,
    userId: string,
  ): Promise<{ id: string; secret: string | null }>;
  /** Changes a webhook. @throws ApiError KeyError 404, EntityExistsError 409 */
  update(transaction: Transaction, id: string, update: WebhookUpdate): Promise<void>;
  /** Deletes a webhook that no trigger waits for. @throws ApiError KeyError 404, IllegalOperationError 403 */
  remove(transaction: Transaction, id: string, userId: string): Promise<void>;
  /** Replaces what requests are signed with. @returns the new secret. @throws ApiError KeyError 404 */
  rotateSecret(
    transaction: Transaction,
    id: string,
    wanted: string | null | undefined,
    userId: string,
  ): Promise<string>;
  /** What requests to a webhook are signed with. @throws ApiError KeyError 404 */
  secretOf(connection: Connection, secretId: string): Promise<string>;
  /** The body of an event that a trigger has taken up. @throws ApiError KeyError 404 */
  rawEvent(connection: Connection, id: string, deliveryId: string): Promise<Record<string, unknown>>;
}

/** @param secrets keeps what requests are signed with */
export function createWebhooksService(secrets: SecretsService): WebhooksService {
  const keep = async (transaction: Transaction, id: string | null, userId: string, value: string) => {
    const secret = { name: `webhook-${newId()}`, userId, values: { [SECRET_KEY]: value } };
    const stored = await secrets.setInternal(transaction, id, secret);
    if (stored === null) throw new Error('A secret with a value was not stored.');
    return stored;
  };

  return {
    async create(transaction, { name, webhook_type, active, project: nameOrId, secret: given }, userId) {
      requireSecret(given);
      if (!isWebhookType(webhook_type)) {
        throw new HttpError(422, { detail: `Unsupported webhook type: ${webhook_type}.` });
      }
      const project = await findProject(transaction, nameOrId);
      const secret = given ?? newSecret();
      const values = {
        name,
        project_id: project.id,
        user_id: userId,
        webhook_type,
        active: (active ?? true) ? 1 : 0,
        secret_id: await keep(transaction, null, userId, secret),
      };
      const id = await writeUnique(
        {
          operation: 'create',
          kind: 'webhook',
          name: name,
          projectName: project.name,
          key: 'unique_webhook_name_in_project',
        },
        () => store.insertWebhook(transaction, values),
      );
      return { id, secret: given == null ? secret : null };
    },

    async update(transaction, id, { name, active }) {
      await store.lockWebhook(transaction, id);
      const webhook = await findWebhook(transaction, id);
      const project = await findProject(transaction, webhook.project_id);
      const changes = { ...(name != null && { name }), ...(active != null && { active: active ? 1 : 0 }) };
      await writeUnique(
        {
          operation: 'update',
          kind: 'webhook',
          name: name ?? '',
          projectName: project.name,
          key: 'unique_webhook_name_in_project',
        },
        () => store.updateWebhook(transaction, id, changes),
      );
    },

    async remove(transaction, id, userId) {
      await store.lockWebhook(transaction, id);
      const { secret_id } = await findWebhook(transaction, id);
      await leaveWebhook(transaction, id);
      await store.deleteWebhook(transaction, id);
      await secrets.setInternal(transaction, secret_id, { name: '', userId, values: {} });
    },

    async rotateSecret(transaction, id, wanted, userId) {
      requireSecret(wanted);
      await store.lockWebhook(transaction, id);
      const webhook = await findWebhook(transaction, id);
      const secret = wanted ?? newSecret();
      await keep(transaction, webhook.secret_id, userId, secret);
      await store.updateWebhook(transaction, id, {});
      return secret;
    },

    async secretOf(connection, secretId) {
      const value = (await secrets.values(connection, secretId))[SECRET_KEY];
      if (value === undefined) throw keyError(SECRET_KEY);
      return value;
    },

    async rawEvent(connection, id, deliveryId) {
      await findWebhook(connection, id);
      const payload = await store.findEventPayload(connection, id, deliveryId);
      if (!payload) throw keyError(`Raw webhook event ${fromDatabaseId(id)}/${deliveryId} not found.`);
      return rawJson((await gunzip(payload)).toString('utf8'));
    },
  };
}

function requireSecret(secret: string | null | undefined): void {
  if (secret === '') throw invalidBody('Secret must not be empty.', 'secret');
}

function newSecret(): string {
  return randomBytes(32).toString('base64url');
}
