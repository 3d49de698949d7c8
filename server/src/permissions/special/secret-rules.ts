import { isUuid } from '../../database/ids.ts';
import type { Checks } from '../checks.ts';
import { ENTITIES } from '../entities.ts';
import { isEntity, isOwnedBy, type TypedModel } from '../resource-models.ts';
import { type Call, listOf, memberOf, type Rule } from '../rules.ts';

/** A secret that is not there is told by the operation itself. */
export async function requireSecrets({ checks }: Call, namesOrIds: readonly unknown[]): Promise<void> {
  const found = await Promise.all(namesOrIds.map((each) => findSecret(checks, String(each))));
  await checks.require(
    'read',
    found.flatMap((each) => each ?? []),
  );
}

async function findSecret(checks: Checks, nameOrId: string): Promise<TypedModel | undefined> {
  return isUuid(nameOrId) ? checks.find('secret', nameOrId) : checks.findSecretByName(nameOrId);
}

/** A secret's values, and a connector's, are shown to whom may read them; the others see which there are. */
export const readSecret: Rule = async (call) => {
  const answer = await call.handle();
  if (!isEntity(answer)) return answer;
  const typed = { schema: ENTITIES.secret.schema, model: answer };
  await call.checks.require('read', [typed]);
  return (await call.checks.may('read_secret_value', typed)) ? answer : withoutValues(answer);
};

function withoutValues(secret: TypedModel['model']): unknown {
  const names = Object.keys(memberOf(secret.body, 'values') ?? {});
  return { ...secret, body: { ...secret.body, values: Object.fromEntries(names.map((name) => [name, null])) } };
}

export const listSecrets: Rule = async ({ request, checks, handle }) => {
  const page = await handle({ rows: await checks.rows('secret') });
  const readable = await checks.allowedIds('read_secret_value', 'secret');
  const userId = request.identity.user.id;
  return withItems(page, (model) =>
    maySeeValues(model, ENTITIES.secret.schema, readable, userId) ? model : withoutValues(model),
  );
};

/** A connector whose credentials the caller may not read is shown as if nobody had asked for them. */
export const readConnector: Rule = async ({ request, checks, handle }) => {
  const typed = await checks.find('connector', request.path['connector_id']);
  await checks.require('read', [typed]);
  const expanded = request.query['expand_secrets'] !== false && (await checks.may('read_secret_value', typed));
  return handle({ query: { expand_secrets: expanded } });
};

export const listConnectors: Rule = async ({ request, checks, handle }) => {
  const rows = await checks.rows('service_connector');
  if (request.query['expand_secrets'] === false) return handle({ rows });
  const readable = await checks.allowedIds('read_secret_value', 'service_connector');
  if (readable === 'all') return handle({ rows });
  const whole = await handle({ rows });
  const plain = listOf(await handle({ rows, query: { expand_secrets: false } }), 'items');
  const plainById = new Map(plain.filter(isEntity).map((each) => [each.id, each]));
  const userId = request.identity.user.id;
  const { schema } = ENTITIES.connector;
  return withItems(whole, (model) =>
    maySeeValues(model, schema, readable, userId) ? model : (plainById.get(model.id) ?? { ...model, metadata: null }),
  );
};

function withItems(page: unknown, change: (model: TypedModel['model']) => unknown): unknown {
  const items = listOf(page, 'items').map((item) => (isEntity(item) ? change(item) : item));
  return typeof page === 'object' ? { ...page, items } : page;
}

function maySeeValues(
  model: TypedModel['model'],
  schema: string,
  readable: 'all' | readonly string[],
  userId: string,
): boolean {
  return readable === 'all' || readable.includes(model.id) || isOwnedBy({ schema, model }, userId);
}
