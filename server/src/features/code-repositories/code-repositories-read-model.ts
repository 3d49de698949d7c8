import type { Selectable } from 'kysely';
import type { Model } from '../../contract/operation-types.ts';
import type { Connection } from '../../database/database.ts';
import type { CodeRepositoryTable } from '../../database/generated/schema.gen.ts';
import { fromDatabaseId, fromNullableId } from '../../database/ids.ts';
import { toApiInstant } from '../../database/instants.ts';
import { text, USER_SCOPED_FIELDS } from '../../listing/fields.ts';
import type { ListDefinition } from '../../listing/lister.ts';
import { type Depth, NESTED } from '../../listing/page.ts';
import { USER_SCOPED_SORTS } from '../../listing/sorts.ts';
import { rawJson } from '../../raw-json.ts';
import { loadOwners } from '../users/users-read-model.ts';

type CodeRepositoryRow = Selectable<CodeRepositoryTable>;

/** Loads code repositories by database id; see `Loader`. */
export async function loadCodeRepositories(
  connection: Connection,
  ids: readonly string[],
  depth: Depth,
): Promise<Map<string, Model<'CodeRepositoryResponse'>>> {
  if (ids.length === 0) return new Map();
  const rows = await connection.selectFrom('code_repository').selectAll().where('id', 'in', ids).execute();
  const owners = depth.resources ? await loadOwners(connection, rows) : undefined;
  return new Map(
    rows.map((row) => [
      row.id,
      {
        ...toNestedCodeRepository(row),
        metadata: depth.metadata ? { config: rawJson(row.config), description: row.description } : null,
        resources: owners ? { user: (row.user_id && owners.get(row.user_id)) || null } : null,
      },
    ]),
  );
}

function toNestedCodeRepository(row: CodeRepositoryRow): Model<'CodeRepositoryResponse'> {
  return {
    body: {
      created: toApiInstant(row.created),
      updated: toApiInstant(row.updated),
      user_id: fromNullableId(row.user_id),
      project_id: fromDatabaseId(row.project_id),
      source: rawJson(row.source),
      logo_url: row.logo_url,
    },
    metadata: null,
    resources: null,
    id: fromDatabaseId(row.id),
    permission_denied: false,
    name: row.name,
  };
}

/** Loads code references by database id as they are shown within another answer. */
export async function loadCodeReferences(
  connection: Connection,
  ids: readonly string[],
): Promise<Map<string, Model<'CodeReferenceResponse'>>> {
  if (ids.length === 0) return new Map();
  const rows = await connection.selectFrom('code_reference').selectAll().where('id', 'in', ids).execute();
  const repositoryIds = [...new Set(rows.map((row) => row.code_repository_id))];
  const repositories = await loadCodeRepositories(connection, repositoryIds, NESTED);
  const references = new Map<string, Model<'CodeReferenceResponse'>>();
  for (const row of rows) {
    const repository = repositories.get(row.code_repository_id);
    if (!repository) continue;
    references.set(row.id, {
      body: {
        created: toApiInstant(row.created),
        updated: toApiInstant(row.updated),
        commit: row.commit,
        subdirectory: row.subdirectory,
        code_repository: repository,
      },
      metadata: null,
      resources: null,
      id: fromDatabaseId(row.id),
      permission_denied: false,
    });
  }
  return references;
}

/** How code repositories are listed. */
export const CODE_REPOSITORY_LIST: ListDefinition<Model<'CodeRepositoryResponse'>> = {
  table: 'code_repository',
  fields: { ...USER_SCOPED_FIELDS, name: text('name') },
  sorts: USER_SCOPED_SORTS,
  projectScoped: true,
  load: loadCodeRepositories,
};
