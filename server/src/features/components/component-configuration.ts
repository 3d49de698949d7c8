import { Ajv2020 } from 'ajv/dist/2020.js';
import type { Connection } from '../../database/database.ts';
import { keyError, valueError } from '../../errors.ts';

/** A text that stands for a secret's value, e.g. `{{aws.access_key}}`; it is resolved by the SDK. */
const SECRET_REFERENCE = /^\{\{\s*\S+?\.\S+\s*\}\}$/;

interface ConfigurationSchema {
  readonly properties?: Readonly<Record<string, unknown>>;
  readonly [keyword: string]: unknown;
}

const ajv = new Ajv2020({ strict: false, allErrors: true, coerceTypes: true, logger: false, validateFormats: false });

/**
 * Checks a component's configuration against its flavor's schema. What custom flavors allow only their own code knows.
 * @param known keys that the stored configuration has: those stay allowed when a release drops them.
 * @throws ApiError KeyError 404 for an unknown flavor, ValueError 400 for unknown keys and bad values.
 */
export async function checkConfiguration(
  connection: Connection,
  component: { type: string; flavor: string },
  configuration: Readonly<Record<string, unknown>>,
  known: readonly string[] = [],
): Promise<void> {
  const flavor = await connection
    .selectFrom('flavor')
    .select(['config_schema', 'is_custom'])
    .where('name', '=', component.flavor)
    .where('type', '=', component.type)
    .executeTakeFirst();
  if (!flavor) throw keyError(`No flavor with name '${component.flavor}' and type '${component.type}' exists.`);
  if (flavor.is_custom === 1) return;
  const schema = JSON.parse(flavor.config_schema) as ConfigurationSchema;
  const extra = Object.keys(configuration).filter((key) => !(key in (schema.properties ?? {})) && !known.includes(key));
  if (extra.length > 0) {
    const keys = extra.map((key) => `'${key}'`).join(', ');
    throw valueError(`Invalid configuration keys [${keys}] for ${component.flavor} ${component.type}.`);
  }
  checkValues(component, schema, configuration);
}

function checkValues(
  component: { type: string; flavor: string },
  schema: ConfigurationSchema,
  configuration: Readonly<Record<string, unknown>>,
): void {
  const validate = ajv.compile(schema);
  if (validate(structuredClone(configuration))) return;
  const problems = (validate.errors ?? [])
    .filter(({ instancePath }) => !isSecretReference(configuration[instancePath.split('/')[1] ?? '']))
    .map(({ instancePath, message }) => `${instancePath.slice(1).replaceAll('/', '.') || 'configuration'} ${message}`);
  if (problems.length === 0) return;
  throw valueError(`Invalid configuration for ${component.flavor} ${component.type}: ${problems.join('; ')}.`);
}

function isSecretReference(value: unknown): boolean {
  return typeof value === 'string' && SECRET_REFERENCE.test(value);
}
