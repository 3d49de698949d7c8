import type { ContractDocument, JsonSchema, OperationObject } from './document.ts';

/** What the configuration says otherwise than the contract. */
export interface DocumentSettings {
  /** The path under which a proxy serves the API, such as `/zenml`; empty for none. */
  readonly rootPath: string;
  /** Length of a list's page where a client asks for none, and the longest that it may ask for. */
  readonly pageSize: number | undefined;
}

/** The contract as the configuration has it. ZenML 0.98.0 takes the length of pages and their limit from one variable. */
export function configuredDocument(document: ContractDocument, settings: DocumentSettings): ContractDocument {
  const { rootPath, pageSize } = settings;
  const paged = pageSize === undefined ? document : withPageSize(document, pageSize);
  if (rootPath === '') return paged;
  const flows = { password: { scopes: {}, tokenUrl: `${rootPath}/api/v1/login` } };
  return {
    ...paged,
    servers: [{ url: rootPath }],
    components: { ...paged.components, securitySchemes: { CookieOAuth2TokenBearer: { type: 'oauth2', flows } } },
  };
}

function withPageSize(document: ContractDocument, pageSize: number): ContractDocument {
  const limited = (schema: JsonSchema) => ({ ...schema, default: pageSize, maximum: pageSize });
  const change = (operation: OperationObject): OperationObject => ({
    ...operation,
    ...(operation.parameters && {
      parameters: operation.parameters.map((parameter) =>
        parameter.name === 'size' ? { ...parameter, schema: limited(parameter.schema) } : parameter,
      ),
    }),
  });
  const { PipelineRunFilter: filter, ...schemas } = document.components.schemas;
  const size = filter?.properties?.['size'];
  return {
    ...document,
    paths: mapMembers(document.paths, (item) => mapMembers(item, change)),
    components: {
      ...document.components,
      schemas: {
        ...schemas,
        ...(filter && {
          PipelineRunFilter: { ...filter, properties: { ...filter.properties, ...(size && { size: limited(size) }) } },
        }),
      },
    },
  };
}

function mapMembers<Value, Result>(
  members: Readonly<Record<string, Value>>,
  change: (value: Value) => Result,
): Record<string, Result> {
  return Object.fromEntries(Object.entries(members).map(([name, value]) => [name, change(value)]));
}
