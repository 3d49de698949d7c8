import type { Operation } from './operation-index.ts';
import type { OperationId } from './operation-types.ts';

const PREFIX = '/api/v1/workspaces';

/**
 * The deprecated operations under `/workspaces/{project}/…` and the operation that each stands for: same method, same
 * function name in the id and, where that name occurs twice, the same last part of the path.
 */
export function workspaceAliases(operations: readonly Operation[]): Map<OperationId, OperationId> {
  const current = operations.filter(({ path }) => !path.startsWith(PREFIX));
  const aliases = new Map<OperationId, OperationId>();
  for (const alias of operations.filter(({ path }) => path.startsWith(PREFIX))) {
    const candidates = current.filter(
      ({ method, id }) => method === alias.method && functionName(id) === functionName(alias.id),
    );
    const target = candidates.find(({ segments }) => segments.at(-1) === alias.segments.at(-1)) ?? candidates[0];
    if (target) aliases.set(alias.id, target.id);
  }
  return aliases;
}

function functionName(id: string): string {
  return id.slice(0, id.indexOf('_api_v1_'));
}
