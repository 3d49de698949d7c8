import { readFileSync } from 'node:fs';

/** A JSON Schema as it stands in the OpenAPI document. */
export interface JsonSchema {
  readonly $ref?: string;
  readonly type?: string | readonly string[];
  readonly format?: string;
  readonly anyOf?: readonly JsonSchema[];
  readonly oneOf?: readonly JsonSchema[];
  readonly items?: JsonSchema;
  readonly prefixItems?: readonly JsonSchema[];
  readonly properties?: Readonly<Record<string, JsonSchema>>;
  readonly additionalProperties?: boolean | JsonSchema;
  readonly required?: readonly string[];
  readonly enum?: readonly unknown[];
  readonly default?: unknown;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly exclusiveMinimum?: number;
  readonly [keyword: string]: unknown;
}

/** What the members that `properties` does not name must be, where a schema says it. */
export function otherMembers({ additionalProperties: others }: JsonSchema): JsonSchema | undefined {
  return typeof others === 'object' ? others : undefined;
}

/** A path or query parameter of an operation. */
export interface ParameterObject {
  readonly in: 'path' | 'query' | 'header' | 'cookie';
  readonly name: string;
  readonly required?: boolean;
  readonly schema: JsonSchema;
}

interface MediaType {
  readonly schema?: JsonSchema;
}

/** One operation of the document: an HTTP method on a path. */
export interface OperationObject {
  readonly operationId: string;
  readonly parameters?: readonly ParameterObject[];
  readonly requestBody?: { readonly required?: boolean; readonly content: Readonly<Record<string, MediaType>> };
  readonly responses: Readonly<Record<string, { readonly content?: Readonly<Record<string, MediaType>> }>>;
  readonly security?: readonly unknown[];
  readonly [key: string]: unknown;
}

/** The OpenAPI 3.1 document of ZenML 0.98.0's REST API, texts removed. */
export interface ContractDocument {
  readonly openapi: string;
  readonly info: { readonly title: string; readonly version: string };
  readonly servers?: readonly { readonly url: string }[];
  readonly paths: Readonly<Record<string, Readonly<Record<string, OperationObject>>>>;
  readonly components: { readonly schemas: Readonly<Record<string, JsonSchema>>; readonly [key: string]: unknown };
}

/** The release of ZenML whose contract is served. */
export const ZENML_VERSION = '0.98.0';

let known: ContractDocument | undefined;

/** The contract in `server/contract/`, read once. */
export function readContract(): ContractDocument {
  const file = new URL(`../../contract/openapi-${ZENML_VERSION}.json`, import.meta.url);
  known ??= JSON.parse(readFileSync(file, 'utf8')) as ContractDocument;
  return known;
}

/** The alternatives of a schema: those of its unions, and the schemas that they name; itself where it is no union. */
export function branchesOf(document: ContractDocument, schema: JsonSchema): readonly JsonSchema[] {
  const name = schema.$ref?.split('/').at(-1);
  if (name) return branchesOf(document, document.components.schemas[name] ?? {});
  const options = [...(schema.anyOf ?? []), ...(schema.oneOf ?? [])];
  return options.length > 0 ? options.flatMap((option) => branchesOf(document, option)) : [schema];
}

/** The schema at a JSON pointer of the document. */
export function schemaAt(document: ContractDocument, pointer: string): JsonSchema {
  const parts = pointer.split('/').slice(1);
  return parts
    .map((part) => part.replaceAll('~1', '/').replaceAll('~0', '~'))
    .reduce<unknown>((value, part) => (value as Readonly<Record<string, unknown>>)[part], document) as JsonSchema;
}
