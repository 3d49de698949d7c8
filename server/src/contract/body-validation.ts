import { Ajv2020, type ErrorObject, type ValidateFunction } from 'ajv/dist/2020.js';
import { RequestValidationError } from '../errors.ts';
import type { ContractDocument } from './document.ts';
import { DATE_TIME_TEXT } from './formats.ts';
import { type Issue, issuesText } from './issues.ts';
import type { OperationBody } from './operation-index.ts';
import { isRunConfigurationBody, withShortForms } from './run-configuration-bodies.ts';
import { chooseByTag, taggedBranches } from './tagged-bodies.ts';

const DOCUMENT_KEY = 'contract';
/** What the contract's schemas need; a number that is not finite is none. */
const LENIENT = { strict: false, strictNumbers: true, allowUnionTypes: true, logger: false } as const;
const UUID_FORMAT = /^(?:urn:uuid:)?\{?[0-9a-f]{8}-?(?:[0-9a-f]{4}-?){3}[0-9a-f]{12}\}?$/i;

const DURATION_SCHEMA = '{"format":"duration","type":"string"}';
const SECONDS = '{"format":"duration","type":["string","number"]}';

/** Checks a parsed body and fills in the schema's defaults in place; throws {@link RequestValidationError}. */
export type BodyValidator = (body: unknown) => void;

/**
 * Validators of request bodies, compiled from the contract at first use: compiling all 111 at the start would cost
 * more than a second.
 */
export function createBodyValidation(document: ContractDocument): (body: OperationBody) => BodyValidator {
  const complete = createAjv(document, true);
  let sparse: Ajv2020 | undefined;
  let asSent: Ajv2020 | undefined;
  const ajvFor = (pointer: string, isBranch: boolean) => {
    if (isBranch) {
      asSent ??= createAjv(document, false);
      return asSent;
    }
    if (!isRunConfigurationBody(document, pointer)) return complete;
    sparse ??= createAjv(withShortForms(document), false);
    return sparse;
  };
  const compiled = new Map<string, ValidateFunction>();
  const validatorAt = (pointer: string, within: readonly string[] = []): BodyValidator => {
    let validate = compiled.get(pointer);
    if (!validate) {
      validate = ajvFor(pointer, within.length > 0).compile({
        $ref: `${DOCUMENT_KEY}#${pointer.split('/').map(encodeURIComponent).join('/')}`,
      });
      compiled.set(pointer, validate);
    }
    return bodyValidator(validate, within);
  };
  return ({ pointer }) => {
    const tagged = taggedBranches(document, pointer);
    return tagged ? chooseByTag(tagged, validatorAt) : validatorAt(pointer);
  };
}

function createAjv(document: ContractDocument, useDefaults: boolean): Ajv2020 {
  const ajv = new Ajv2020({ ...LENIENT, allErrors: true, useDefaults });
  ajv.addFormat('uuid', UUID_FORMAT);
  ajv.addFormat('date-time', DATE_TIME_TEXT);
  for (const annotation of ['password', 'duration', 'binary', 'uri']) ajv.addFormat(annotation, true);
  ajv.addSchema(withDurationsInSeconds(document), DOCUMENT_KEY);
  return ajv;
}

/** The reference takes seconds, as a number, wherever the document names a duration in ISO 8601. */
function withDurationsInSeconds(document: ContractDocument): ContractDocument {
  const schemas = Object.entries(document.components.schemas).map(([name, schema]) => {
    const text = JSON.stringify(schema);
    return [name, text.includes(DURATION_SCHEMA) ? JSON.parse(text.replaceAll(DURATION_SCHEMA, SECONDS)) : schema];
  });
  return { ...document, components: { ...document.components, schemas: Object.fromEntries(schemas) } };
}

/** @param within where the schema is in the body, as clients are told */
function bodyValidator(validate: ValidateFunction, within: readonly string[]): BodyValidator {
  return (body) => {
    if (validate(body)) return;
    const issues = relevant(validate.errors ?? []).map((error) => toIssue(error, within));
    throw new RequestValidationError(issuesText(issues));
  };
}

/** The branches of a union each report; what a reader needs is the branch that says more than "not null". */
function relevant(errors: readonly ErrorObject[]): readonly ErrorObject[] {
  const telling = errors.filter(
    ({ keyword, params }) => keyword !== 'anyOf' && !(keyword === 'type' && params.type === 'null'),
  );
  return telling.length > 0 ? telling : errors;
}

const TYPES: Readonly<Record<string, [type: string, message: string]>> = {
  string: ['string_type', 'Input should be a valid string'],
  integer: ['int_type', 'Input should be a valid integer'],
  number: ['float_type', 'Input should be a valid number'],
  boolean: ['bool_type', 'Input should be a valid boolean'],
  array: ['list_type', 'Input should be a valid list'],
  object: ['dict_type', 'Input should be a valid dictionary'],
};

function toIssue({ keyword, params, instancePath, message }: ErrorObject, within: readonly string[]): Issue {
  const path = instancePath
    .split('/')
    .slice(1)
    .map((part) => part.replaceAll('~1', '/').replaceAll('~0', '~'));
  const location = ['body', ...within, ...path.map((part) => (/^\d+$/.test(part) ? Number(part) : part))];
  if (keyword === 'required') {
    return { type: 'missing', message: 'Field required', location: [...location, params.missingProperty] };
  }
  if (keyword === 'additionalProperties') {
    const extra = [...location, params.additionalProperty];
    return { type: 'extra_forbidden', message: 'Extra inputs are not permitted', location: extra };
  }
  if (keyword === 'type') {
    const [type, text] = TYPES[String(params.type)] ?? ['type_error', `Input should be ${params.type}`];
    return { type, message: text, location };
  }
  if (keyword === 'format')
    return { type: `${params.format}_parsing`, message: `Input should be a valid ${params.format}`, location };
  if (keyword === 'enum') return { type: 'enum', message: `Input should be one of ${params.allowedValues}`, location };
  if (keyword === 'maxLength') {
    return { type: 'string_too_long', message: `String should have at most ${params.limit} characters`, location };
  }
  return { type: keyword, message: message ?? 'Input is not valid', location };
}
