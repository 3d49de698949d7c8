import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js';
import type { Model } from '../../contract/operation-types.ts';
import { illegalOperation, valueError } from '../../errors.ts';
import { withPlainNumbers } from '../../exact-numbers.ts';
import { toValidJson } from '../../python-json.ts';

/**
 * The result that a resolution leaves behind, as JSON text; null for none.
 * @param schema JSON text of the schema that the result has to fit; null where the condition takes no result.
 * @throws ApiError ValueError 400, IllegalOperationError 403
 */
export function checkResult(
  resolution: Model<'RunWaitConditionResolution'>,
  schema: string | null,
  result: unknown,
): string | null {
  if (resolution !== 'continue') return null;
  const value = result ?? null;
  if (schema === null) {
    if (value === null) return null;
    throw illegalOperation('Wait conditions without a schema do not accept a result.');
  }
  if (!compile(schema)(withPlainNumbers(value))) {
    const shown = typeof value === 'string' ? value : JSON.stringify(value);
    throw valueError(`Value \`${shown}\` does not match expected schema.`);
  }
  return value === null ? null : JSON.stringify(value);
}

/** A compiler of its own for each schema: it would remember all that it has ever seen. */
function compile(schema: string): ValidateFunction {
  try {
    return new Ajv2020({ strict: false, logger: false, validateFormats: false }).compile(
      JSON.parse(toValidJson(schema)),
    );
  } catch (error) {
    throw valueError(
      `The schema of the wait condition is not valid: ${error instanceof Error ? error.message : error}`,
    );
  }
}
