import { branchesOf, type ContractDocument, type JsonSchema, schemaAt } from './document.ts';
import type { OperationBody } from './operation-index.ts';

/** Takes members out of a body, in place. */
export type MemberFilter = (body: unknown) => void;

/**
 * After a body was checked: takes out the members that the contract does not name, as the reference does unless a schema
 * is open. Handlers hand on what is left of an update: whatever a client makes up must never become a column of a
 * statement. Of a list of bodies that holds for each; members further in are read by their names or stored as JSON.
 */
export function createMemberFilter(document: ContractDocument): (body: OperationBody) => MemberFilter {
  return ({ pointer }) => {
    const branches = branchesOf(document, schemaAt(document, pointer));
    const ofBody = filterOf(branches);
    const ofItems = filterOf(branches.flatMap(({ items }) => (items ? branchesOf(document, items) : [])));
    return (body) => (Array.isArray(body) ? body.forEach(ofItems) : ofBody(body));
  };
}

/** Keeps what one of the schemas names; everything, where none names anything or one is open. */
function filterOf(schemas: readonly JsonSchema[]): MemberFilter {
  const names = new Set(schemas.flatMap(({ properties }) => Object.keys(properties ?? {})));
  const open = names.size === 0 || schemas.some((schema) => schema.additionalProperties);
  return (body) => {
    if (open || typeof body !== 'object' || body === null) return;
    for (const name of Object.keys(body)) if (!names.has(name)) delete (body as Record<string, unknown>)[name];
  };
}
