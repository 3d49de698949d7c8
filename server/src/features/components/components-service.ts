import type { BodyOf } from '../../contract/operation-types.ts';
import type { Transaction } from '../../database/database.ts';
import { decodeJson, encodeJson } from '../../database/encoded-json.ts';
import { toDatabaseId } from '../../database/ids.ts';
import { illegalOperation } from '../../errors.ts';
import { noSuch } from '../../listing/lister.ts';
import { checkName } from '../names.ts';
import { linkSecrets, unlinkSecrets } from '../secrets/secret-links.ts';
import { checkConfiguration } from './component-configuration.ts';
import * as store from './components-store.ts';

type ComponentRequest = BodyOf<'create_stack_component_api_v1_components_post'>;
type ComponentUpdate = BodyOf<'update_stack_component_api_v1_components__component_id__put'>;

/** The name of the stack and components that the first start makes; they can be neither changed nor deleted. */
export const DEFAULT_NAME = 'default';
const DEFAULT_TYPES = ['orchestrator', 'deployer', 'artifact_store'];

/** Creates a component and returns its database id. @throws ApiError 400, 404, 409 */
export async function createComponent(
  transaction: Transaction,
  request: ComponentRequest,
  userId: string,
): Promise<string> {
  checkName(request.name, 'Component');
  const configuration = await checkConfiguration(transaction, request, request.configuration);
  const connectorId = await findConnector(transaction, request.connector);
  const id = await store.insertComponent(transaction, {
    name: request.name,
    type: request.type,
    flavor: request.flavor,
    user_id: userId,
    configuration: encodeJson(configuration),
    labels: encodeJson(request.labels),
    environment: encodeJson(request.environment),
    connector_id: connectorId,
    connector_resource_id: request.connector_resource_id ?? null,
  });
  await linkSecrets(transaction, { type: 'stack_component', id, userId }, request.secrets);
  return id;
}

/** Changes a component. Without a connector in the request the component loses the one it has, as in the reference. */
export async function updateComponent(
  transaction: Transaction,
  id: string,
  update: ComponentUpdate,
  userId: string,
): Promise<void> {
  const component = await store.lockComponent(transaction, id);
  if (!component) throw noSuch('stack component', id);
  const configuration = update.configuration && (await checkUpdate(transaction, component, update.configuration));
  refuseDefault(component, 'modified');
  const connectorId = await findConnector(transaction, update.connector);
  await store.updateComponent(transaction, id, component.type, {
    ...(update.name != null && { name: update.name }),
    ...(configuration && { configuration: encodeJson(configuration) }),
    ...(update.labels !== undefined && { labels: encodeJson(update.labels) }),
    ...(update.environment !== undefined && { environment: encodeJson(update.environment) }),
    connector_id: connectorId,
    connector_resource_id: connectorId ? (update.connector_resource_id ?? null) : null,
  });
  const target = { type: 'stack_component', id, userId } as const;
  await linkSecrets(transaction, target, update.add_secrets);
  await unlinkSecrets(transaction, target, update.remove_secrets);
}

/** Keys that are stored stay allowed when a release drops them. */
function checkUpdate(
  transaction: Transaction,
  component: store.StoredComponent,
  configuration: Readonly<Record<string, unknown>>,
) {
  const stored = decodeJson(component.configuration) as Record<string, unknown> | undefined;
  return checkConfiguration(transaction, component, configuration, Object.keys(stored ?? {}));
}

/** Deletes a component that nothing uses. @throws ApiError 403, 404 */
export async function removeComponent(transaction: Transaction, id: string): Promise<void> {
  const component = await store.lockComponent(transaction, id);
  if (!component) throw noSuch('stack component', id);
  refuseDefault(component, 'deleted');
  const deployments = component.type === 'deployer' ? await store.countDeploymentsOf(transaction, id) : 0;
  if (deployments > 0) {
    throw illegalOperation(
      `The ${component.name} deployer stack component cannot be deleted because there are still ${deployments} ` +
        'deployments being managed by it and this would result in orphaned resources.' +
        'Please deprovision or delete the deployments first.',
    );
  }
  const stacks = await store.countStacksOf(transaction, id);
  if (stacks > 0) {
    throw illegalOperation(
      `Stack Component \`${component.name}\` of type \`${component.type} cannot be deleted as it is part of ${stacks} ` +
        'stacks. Before deleting this stack component, make sure to remove it from all stacks.',
    );
  }
  await store.deleteComponent(transaction, id);
}

function refuseDefault({ name, type }: store.StoredComponent, action: 'modified' | 'deleted'): void {
  if (name === DEFAULT_NAME && DEFAULT_TYPES.includes(type)) {
    throw illegalOperation(`The default ${type} cannot be ${action}.`);
  }
}

async function findConnector(transaction: Transaction, connector: string | null | undefined): Promise<string | null> {
  if (connector == null) return null;
  const id = toDatabaseId(connector);
  if (await store.serviceConnectorExists(transaction, id)) return id;
  throw noSuch('service connector', id);
}
