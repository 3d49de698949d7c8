import { readFileSync } from 'node:fs';
import type { Model } from '../../contract/operation-types.ts';
import { keyError, valueError } from '../../errors.ts';

/** A type of service connector, e.g. `aws`: its resource types and authentication methods. */
export type ConnectorType = Model<'ServiceConnectorTypeModel'>;

const FILE = new URL('../../../data/service-connector-types.json', import.meta.url);
const KNOWN: ReadonlyMap<string, ConnectorType> = new Map(
  (JSON.parse(readFileSync(FILE, 'utf8')) as ConnectorType[]).map((type) => [type.connector_type, type]),
);

/**
 * The types whose connectors this server itself verifies and turns into clients. Only these are offered: the SDK asks
 * the server first for every type that it lists, and uses its own implementation of all others.
 */
const OFFERED: readonly string[] = ['docker'];

/** Every type of ZenML 0.98.0, offered or not: what its connectors look like. */
export function knownConnectorType(name: string): ConnectorType | undefined {
  return KNOWN.get(name);
}

/** A type that this server offers. */
export function offeredConnectorType(name: string): ConnectorType | undefined {
  return OFFERED.includes(name) ? KNOWN.get(name) : undefined;
}

/** A type in an answer about a connector: in full where it is offered, else its name. */
export function shownConnectorType(name: string): ConnectorType | string {
  return offeredConnectorType(name) ?? name;
}

/** What a list of types can be narrowed by. */
export interface ConnectorTypeFilter {
  readonly connector_type?: string | null;
  readonly resource_type?: string | null;
  readonly auth_method?: string | null;
}

/** The offered types that fit. */
export function listConnectorTypes(filter: ConnectorTypeFilter): ConnectorType[] {
  const fits = (wanted: string | null | undefined, names: readonly string[]) =>
    wanted == null || names.includes(wanted);
  return OFFERED.flatMap((name) => KNOWN.get(name) ?? []).filter(
    (type) =>
      fits(filter.connector_type, [type.connector_type]) &&
      fits(filter.resource_type, resourceTypesOf(type)) &&
      fits(filter.auth_method, authMethodsOf(type)),
  );
}

/** @throws ApiError KeyError 404 */
export function getConnectorType(name: string): ConnectorType {
  const type = offeredConnectorType(name);
  if (type) return type;
  throw keyError(
    `Service connector type ${name} is not available. Please make sure the corresponding packages and/or ZenML ` +
      'integration are installed and try again.',
  );
}

/** The names of a type's resource types. */
export const resourceTypesOf = (type: ConnectorType): string[] => type.resource_types.map((item) => item.resource_type);

const authMethodsOf = (type: ConnectorType): string[] => type.auth_methods.map((method) => method.auth_method);

/** What a connector of a type is made for. */
export interface ConnectorSpecification {
  readonly method: ConnectorType['auth_methods'][number];
  /** Undefined for connectors that give access to several resource types. */
  readonly resource: ConnectorType['resource_types'][number] | undefined;
}

/** Finds the parts of a type that a connector names. @throws ApiError ValueError 400 */
export function specificationOf(
  type: ConnectorType,
  authMethod: string,
  resourceType: string | undefined,
): ConnectorSpecification {
  const method = type.auth_methods.find((item) => item.auth_method === authMethod);
  if (!method) {
    throw unsupported(
      `connector type '${type.connector_type}' does not support the '${authMethod}' authentication method. ` +
        `Supported authentication methods are: ${quoted(authMethodsOf(type))}.`,
    );
  }
  if (resourceType === undefined) return { method, resource: undefined };
  const resource = type.resource_types.find((item) => item.resource_type === resourceType);
  if (!resource) {
    throw unsupported(
      `connector type '${type.connector_type}' does not support resource type '${resourceType}'. ` +
        `Supported resource types are: ${quoted(resourceTypesOf(type))}.`,
    );
  }
  if (!resource.auth_methods.includes(authMethod)) {
    throw unsupported(
      `the '${type.connector_type}' connector type does not support the '${authMethod}' authentication method for the ` +
        `'${resourceType}' resource type. Supported authentication methods are: ${quoted(resource.auth_methods)}.`,
    );
  }
  return { method, resource };
}

/** The message is quoted as Python quotes the text of a `KeyError`. */
function unsupported(message: string) {
  return valueError(`connector configuration is not valid: "${message}"`);
}

function quoted(names: readonly string[]): string {
  return `[${names.map((name) => `'${name}'`).join(', ')}]`;
}
