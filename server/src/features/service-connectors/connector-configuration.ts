import type { Model } from '../../contract/operation-types.ts';
import { valueError } from '../../errors.ts';
import { type ConnectorSpecification, type ConnectorType, resourceTypesOf } from './connector-types.ts';

/** The configuration of a connector: what may be stored in the open, and what is kept in the secrets store. */
export interface SplitConfiguration {
  readonly open: Readonly<Record<string, unknown>>;
  readonly secret: Readonly<Record<string, string>>;
}

interface AttributeSchema {
  readonly type?: string;
  readonly format?: string;
  readonly anyOf?: readonly AttributeSchema[];
}

/** What a connector gives access to. */
export interface ConnectorScope {
  readonly resource_types: readonly string[];
  readonly supports_instances: boolean;
}

/** The one resource type that a connector is limited to, if it is. */
export function singleResourceType(resourceTypes: readonly string[] | null | undefined): string | undefined {
  return resourceTypes?.length === 1 ? resourceTypes[0] : undefined;
}

/**
 * The scope of a connector of a known type: without exactly one resource type it is that of all its type's resource
 * types, whatever the request says.
 */
export function scopeOf(type: ConnectorType, { resource }: ConnectorSpecification): ConnectorScope {
  if (resource) {
    return { resource_types: [resource.resource_type], supports_instances: resource.supports_instances ?? false };
  }
  return { resource_types: resourceTypesOf(type), supports_instances: false };
}

/**
 * Checks a configuration against its authentication method and separates the secrets. Attributes that the method does
 * not know are left out.
 * @throws ApiError ValueError 400 for a missing attribute, and for a secret that is no text.
 */
export function splitConfiguration(
  { method }: ConnectorSpecification,
  configuration: Readonly<Record<string, unknown>>,
): SplitConfiguration {
  const schema = method.config_schema as { properties?: Record<string, AttributeSchema>; required?: string[] };
  const open: Record<string, unknown> = {};
  const secret: Record<string, string> = {};
  for (const [name, attribute] of Object.entries(schema?.properties ?? {})) {
    const value = configuration[name] ?? null;
    if (value === null) {
      if (schema.required?.includes(name)) throw invalid(`missing required attribute '${name}'`);
      continue;
    }
    const { type = 'string', format } = attribute.anyOf?.find((option) => option.type !== 'null') ?? attribute;
    if (format !== 'password') open[name] = type === 'array' ? toList(value) : value;
    else if (typeof value === 'string') secret[name] = value;
    else throw invalid(`attribute '${name}' is a secret but is not a string`);
  }
  return { open, secret };
}

/** Lists may come as JSON, or separated by commas. */
function toList(value: unknown): unknown {
  if (typeof value !== 'string') return value;
  try {
    return JSON.parse(value);
  } catch {
    return value.split(',');
  }
}

function invalid(reason: string) {
  return valueError(`connector configuration is not valid: ${reason}`);
}

/** A request's `connector_type`: a name, or the whole type. */
export function connectorTypeName(type: Model<'ServiceConnectorRequest'>['connector_type']): string {
  return typeof type === 'string' ? type : type.connector_type;
}
