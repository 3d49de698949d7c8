import { ENTITIES } from '../entities.ts';
import { isEntity } from '../resource-models.ts';
import { type Check, listOf, memberOf, type Rule } from '../rules.ts';
import { requireSecrets } from './secret-rules.ts';

/** The connector and the secrets that a component uses. */
export const mayUseReferencesOfComponent: Check = async (call) => {
  const { body } = call.request;
  const connector = memberOf(body, 'connector');
  if (connector) await call.checks.require('read', [await call.checks.find('connector', connector)]);
  await requireSecrets(call, [...listOf(body, 'secrets'), ...listOf(body, 'add_secrets')]);
};

/** What a stack is made of: it must be readable, and what is new on the way be allowed. */
export const mayUsePartsOfStack: Check = async (call) => {
  const { checks, request } = call;
  const components = Object.values(memberOf(request.body, 'components') ?? {}).flat();
  const connectors = listOf(request.body, 'service_connectors');
  const isId = (part: unknown) => typeof part === 'string';
  if (connectors.some((part) => !isId(part))) await checks.requireResource('create', { type: 'service_connector' });
  if (components.some((part) => !isId(part))) await checks.requireResource('create', { type: 'stack_component' });
  const found = await Promise.all([
    ...connectors.filter(isId).map((id) => checks.find('connector', id)),
    ...components.filter(isId).map((id) => checks.find('component', id)),
  ]);
  await checks.require('read', found);
  await requireSecrets(call, [...listOf(request.body, 'secrets'), ...listOf(request.body, 'add_secrets')]);
};

/** A connector that is there is used by whom may read it, and a new one by whom may make one. */
export const mayUseConnectorInfo: Check = async ({ request, checks }) => {
  const id = request.query['connector_uuid'];
  if (request.body != null && id != null) return;
  if (request.body != null) await checks.requireResource('create', { type: 'service_connector' });
  else if (id != null) await checks.requireResource('read', { type: 'service_connector', id: String(id) });
};

/** A stack that was deployed to a cloud. */
export const deployedStack: Rule = async ({ checks, handle }) => {
  const answer = await handle();
  const parts = [
    { schema: ENTITIES.stack.schema, model: memberOf(answer, 'stack') },
    { schema: ENTITIES.connector.schema, model: memberOf(answer, 'service_connector') },
  ];
  await checks.require(
    'read',
    parts.flatMap(({ schema, model }) => (isEntity(model) ? [{ schema, model }] : [])),
  );
  return answer;
};
