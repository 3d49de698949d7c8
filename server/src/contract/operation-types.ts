import type { components, operations } from './generated/api.d.ts';

/** The id of an operation in the contract, e.g. `list_pipelines_api_v1_pipelines_get`. */
export type OperationId = keyof operations;

/** A schema of the contract by name, e.g. `Model<'PipelineResponse'>`. */
export type Model<Name extends keyof components['schemas']> = components['schemas'][Name];

/** The parsed path parameters of an operation. */
export type PathOf<Id extends OperationId> = operations[Id]['parameters'] extends { path: infer Path }
  ? Path
  : Record<string, never>;

/** The parsed query of an operation: defaults filled in, repeatable parameters as lists. */
export type QueryOf<Id extends OperationId> = operations[Id]['parameters'] extends { query?: infer Query }
  ? NonNullable<Query>
  : Record<string, never>;

type RequestBodyOf<Id extends OperationId> = operations[Id] extends { requestBody?: infer Body } ? Body : never;

type ContentOf<Body> = Body extends { content: infer Content } ? Content[keyof Content] : undefined;

/** The validated request body of an operation; `undefined` where it takes none, or none was sent. */
export type BodyOf<Id extends OperationId> = ContentOf<RequestBodyOf<Id>>;

/** The answer of an operation on success. */
export type AnswerOf<Id extends OperationId> = operations[Id]['responses'] extends {
  200: { content: { 'application/json': infer Answer } };
}
  ? Answer
  : operations[Id]['responses'] extends { 202: { content: { 'application/json': infer Accepted } } }
    ? Accepted
    : unknown;
