import { Ajv2020 } from 'ajv/dist/2020.js';
import type { Connection } from '../../database/database.ts';
import { keyError, RequestValidationError, valueError } from '../../errors.ts';
import { asFloat, isExactNumber, withPlainNumbers } from '../../exact-numbers.ts';

/** A text that stands for a secret's value, e.g. `{{aws.access_key}}`; it is resolved by the SDK. */
const SECRET_REFERENCE = /^\{\{\s*\S+?\.\S+\s*\}\}$/;

interface ConfigurationSchema {
  readonly properties?: Readonly<Record<string, unknown>>;
  readonly [keyword: string]: unknown;
}

const ajv = new Ajv2020({
  strict: false,
  strictNumbers: true,
  allErrors: true,
  coerceTypes: true,
  logger: false,
  validateFormats: false,
});

/**
 * Checks a component's configuration against its flavor's schema and gives what is stored of it: a number is a float
 * or an integer as the schema wants it, also where a text tells it. What custom flavors allow only their own code knows.
 * @param known keys that the stored configuration has: those stay allowed when a release drops them.
 * @throws ApiError KeyError 404 for an unknown flavor, ValueError 400 for unknown keys; RequestValidationError 422 for bad values.
 */
export async function checkConfiguration(
  connection: Connection,
  component: { type: string; flavor: string },
  configuration: Readonly<Record<string, unknown>>,
  known: readonly string[] = [],
): Promise<Readonly<Record<string, unknown>>> {
  const flavor = await connection
    .selectFrom('flavor')
    .select(['config_schema', 'is_custom'])
    .where('name', '=', component.flavor)
    .where('type', '=', component.type)
    .executeTakeFirst();
  if (!flavor) throw keyError(`No flavor with name '${component.flavor}' and type '${component.type}' exists.`);
  if (flavor.is_custom === 1) return configuration;
  const schema = JSON.parse(flavor.config_schema) as ConfigurationSchema;
  const extra = Object.keys(configuration).filter((key) => !(key in (schema.properties ?? {})) && !known.includes(key));
  if (extra.length > 0) {
    const keys = extra.map((key) => `'${key}'`).join(', ');
    throw valueError(`Invalid configuration keys [${keys}] for ${component.flavor} ${component.type}.`);
  }
  const read = readValues(component, schema, configuration);
  return Object.fromEntries(
    Object.entries(configuration).map(([key, value]) => {
      const types = typesOf(schema.properties?.[key]);
      const isOther = ['string', 'boolean'].includes(typeof value) && !types.includes(typeof value);
      return [key, asNumberOf(types, isOther ? (read[key] ?? value) : value)];
    }),
  );
}

/** The types that a property names. */
function typesOf(property: unknown): readonly string[] {
  const { type, anyOf = [] } = (property ?? {}) as { type?: string; anyOf?: readonly { type?: string }[] };
  return [type, ...anyOf.map((option) => option.type)].flatMap((name) => name ?? []);
}

/** A number as pydantic reads it for a field of one number type. */
function asNumberOf(types: readonly string[], value: unknown): unknown {
  if (typeof value !== 'number' && !isExactNumber(value)) return value;
  const ofNumbers = types.filter((name) => name === 'integer' || name === 'number');
  const number = Number(isExactNumber(value) ? value.rawJSON : value);
  if (ofNumbers.length !== 1 || !Number.isSafeInteger(number)) return value;
  return ofNumbers[0] === 'integer' ? number : asFloat(number);
}

/** The values as the schema has them: `"7"` is the number 7 where it wants one. */
function readValues(
  component: { type: string; flavor: string },
  schema: ConfigurationSchema,
  configuration: Readonly<Record<string, unknown>>,
): Readonly<Record<string, unknown>> {
  const validate = ajv.compile(schema);
  const read = withPlainNumbers(configuration) as Record<string, unknown>;
  if (validate(read)) return read;
  const problems = (validate.errors ?? [])
    .filter(({ instancePath }) => !isSecretReference(configuration[instancePath.split('/')[1] ?? '']))
    .map(({ instancePath, message }) => `${instancePath.slice(1).replaceAll('/', '.') || 'configuration'} ${message}`);
  if (problems.length === 0) return read;
  const text = `Invalid configuration for ${component.flavor} ${component.type}: ${problems.join('; ')}.`;
  throw new RequestValidationError(text, true);
}

function isSecretReference(value: unknown): boolean {
  return typeof value === 'string' && SECRET_REFERENCE.test(value);
}
