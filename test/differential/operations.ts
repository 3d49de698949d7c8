import { readFileSync } from 'node:fs';
import type { Json } from '../servers/json.ts';

/** A parameter of the contract, as far as requests are made from it. */
export interface Parameter {
  name: string;
  in: string;
  required?: boolean;
  schema: Schema;
}

export interface Schema {
  type?: string;
  format?: string;
  enum?: Json[];
  default?: Json;
  anyOf?: Schema[];
  items?: Schema;
  $ref?: string;
}

export interface Operation {
  method: string;
  /** Such as `/api/v1/pipelines/{pipeline_id}`. */
  path: string;
  parameters: Parameter[];
}

interface Document {
  paths: Record<string, Record<string, { parameters?: Parameter[] }>>;
  components: { schemas: Record<string, Schema> };
}

const document: Document = JSON.parse(
  readFileSync(new URL('../../server/contract/openapi-0.98.0.json', import.meta.url), 'utf8'),
);

/** All operations of the contract. */
export const operations: Operation[] = Object.entries(document.paths).flatMap(([path, methods]) =>
  Object.entries(methods).map(([method, { parameters = [] }]) => ({ method: method.toUpperCase(), path, parameters })),
);

const matchers = operations
  .map((operation) => ({
    operation,
    // Where a fixed part and a parameter both match, the fixed part wins.
    wildcards: operation.path.split('{').length,
    pattern: new RegExp(`^${operation.path.replace(/\{[^}]+\}/g, '[^/]+')}$`),
  }))
  .sort((left, right) => left.wildcards - right.wildcards);

/** The operation that a request belongs to, as `GET /api/v1/pipelines/{pipeline_id}`; its own path where there is none. */
export function operationOf(method: string, pathAndQuery: string): string {
  const path = pathAndQuery.split('?')[0] ?? '';
  const found = matchers.find(({ operation, pattern }) => operation.method === method && pattern.test(path));
  return `${method} ${found?.operation.path ?? path}`;
}

/** A schema with its reference followed. */
export function resolve(schema: Schema): Schema {
  const name = schema.$ref?.split('/').at(-1);
  return (name !== undefined && document.components.schemas[name]) || schema;
}
