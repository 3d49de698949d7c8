import { randomBytes } from 'node:crypto';
import type { BodyOf, Model } from '../../contract/operation-types.ts';
import type { Transaction } from '../../database/database.ts';
import { fromDatabaseId, toDatabaseId } from '../../database/ids.ts';
import { ApiError, valueError } from '../../errors.ts';
import { createComponent, updateComponent } from '../components/components-service.ts';
import { flavorKey, loadFlavorsByName, type NestedFlavorRow } from '../flavors/flavors-read-model.ts';
import { type ConnectorAccess, findConnectorAccess } from '../service-connectors/service-connectors-read-model.ts';
import type { ServiceConnectorsService } from '../service-connectors/service-connectors-service.ts';
import { type Composition, findComponents } from './stacks-store.ts';

type StackRequest = BodyOf<'create_stack_api_v1_stacks_post'>;

/**
 * Makes the connectors and components that a stack's request describes instead of naming them.
 * @returns all of its components
 * @throws ApiError 400 for a connector that does not fit its component, 404
 */
export async function makeStackParts(
  transaction: Transaction,
  connectors: ServiceConnectorsService,
  request: StackRequest,
  userId: string,
): Promise<Composition> {
  const accesses: ConnectorAccess[] = [];
  const lasting = await needsLastingTokens(transaction, request);
  for (const connector of request.service_connectors) {
    const isThere = typeof connector === 'string';
    const id = isThere
      ? toDatabaseId(connector)
      : await makeConnector(transaction, connectors, request, withTokens(connector, lasting), userId);
    if (isThere && lasting) await connectors.giveLastingTokens(transaction, id);
    accesses.push(await findConnectorAccess(transaction, id));
  }
  const composition = new Map<string, string[]>();
  for (const [type, components] of Object.entries(request.components)) {
    const ids: string[] = [];
    for (const component of components ?? []) {
      if (typeof component === 'string') ids.push(toDatabaseId(component));
      else ids.push(await makeComponent(transaction, accesses, request, { type, ...component }, userId));
    }
    composition.set(type, ids);
  }
  return composition;
}

async function makeConnector(
  transaction: Transaction,
  connectors: ServiceConnectorsService,
  stack: StackRequest,
  { type, auth_method, configuration }: Model<'ServiceConnectorInfo'>,
  userId: string,
): Promise<string> {
  const connector = {
    connector_type: type,
    auth_method,
    configuration,
    labels: Object.fromEntries(Object.entries(stack.labels ?? {}).map(([key, value]) => [key, String(value)])),
    description: '',
    supports_instances: false,
  };
  return underFreeName(stack.name, (name) => connectors.create(transaction, { name, ...connector }, userId));
}

/** Connectors whose type does not know it leave it out. */
function withTokens(connector: Model<'ServiceConnectorInfo'>, lasting: boolean): Model<'ServiceConnectorInfo'> {
  return { ...connector, configuration: { ...connector.configuration, generate_temporary_tokens: !lasting } };
}

/** The orchestrators `vm_…` hand the connector's token to a machine, which may need it for long. */
async function needsLastingTokens(transaction: Transaction, { components }: StackRequest): Promise<boolean> {
  const [orchestrator = ''] = components['orchestrator'] ?? [];
  if (typeof orchestrator !== 'string') return orchestrator.flavor.startsWith('vm_');
  const [found] = await findComponents(transaction, [toDatabaseId(orchestrator)]);
  return found?.flavor.startsWith('vm_') ?? false;
}

async function makeComponent(
  transaction: Transaction,
  accesses: readonly ConnectorAccess[],
  stack: StackRequest,
  component: Model<'ComponentInfo'> & { readonly type: string },
  userId: string,
): Promise<string> {
  const type = component.type as Model<'StackComponentType'>;
  const flavor = (await loadFlavorsByName(transaction, [component.flavor])).get(flavorKey(type, component.flavor));
  if (!flavor) throw valueError(`Flavor '${component.flavor}' not found for component type '${type}'.`);
  const access = accesses[component.service_connector_index ?? -1];
  const request = {
    type,
    flavor: component.flavor,
    configuration: component.configuration,
    labels: stack.labels ?? {},
  };
  const id = await underFreeName(stack.name, (name) => createComponent(transaction, { name, ...request }, userId));
  // After the component's own checks, as in the reference.
  if (access) await updateComponent(transaction, id, connectionTo(access, flavor, component), userId);
  return id;
}

/** How a component reaches its resource by a connector. @throws ApiError ValueError 400 where the connector does not fit */
function connectionTo(access: ConnectorAccess, flavor: NestedFlavorRow, component: Model<'ComponentInfo'>) {
  const { connector_type, connector_resource_type, connector_resource_id_attr } = flavor;
  if (!connector_resource_type) {
    throw valueError(
      `The '${flavor.name}' implementation does not support using a service connector to connect to resources.`,
    );
  }
  const configured = connector_resource_id_attr ? component.configuration[connector_resource_id_attr] : undefined;
  const fits =
    (!connector_type || connector_type === access.connectorType) &&
    access.resourceTypes.includes(connector_resource_type) &&
    (!connector_resource_id_attr || configured);
  if (!fits) {
    throw valueError('Please pick a connector that is compatible with the component flavor and try again..');
  }
  const resourceId = component.service_connector_resource_id || configured || access.resourceId;
  if (!resourceId && access.supportsInstances) {
    throw valueError(
      `Multiple ${connector_resource_type} resources are available for the selected connector. Please use a ` +
        `\`resource_id\` to configure a ${connector_resource_type} resource.`,
    );
  }
  return { connector: fromDatabaseId(access.id), connector_resource_id: resourceId ? String(resourceId) : null };
}

/** Names for parts, which take the stack's name, when that is taken. */
const MAX_NAMES = 10;

async function underFreeName(stackName: string, make: (name: string) => Promise<string>): Promise<string> {
  for (let attempt = 0; ; attempt++) {
    const name = attempt === 0 ? stackName : `${stackName}-${randomBytes(2).toString('hex')}`.toLowerCase();
    try {
      return await make(name);
    } catch (error) {
      const taken = error instanceof ApiError && error.name === 'EntityExistsError';
      if (!taken || attempt === MAX_NAMES) throw error;
    }
  }
}
