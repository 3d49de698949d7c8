import type { Complete } from '../../contract/completion.ts';
import type { Handlers } from '../../contract/registry.ts';
import type { Database } from '../../database/database.ts';
import { toDatabaseId } from '../../database/ids.ts';
import { type Lister, loadOne, noSuch } from '../../listing/lister.ts';
import { depthOf, FULL, one } from '../../listing/page.ts';
import { findProject } from '../projects/projects-read-model.ts';
import { CODE_REPOSITORY_LIST, loadCodeRepositories } from './code-repositories-read-model.ts';
import {
  deleteCodeRepository,
  insertCodeRepository,
  lockCodeRepository,
  updateCodeRepository,
} from './code-repositories-store.ts';

/** The parts that the operations on code repositories need. */
export interface CodeRepositoriesParts {
  readonly db: Database;
  readonly list: Lister;
  readonly complete: Complete;
}

/** The operations on code repositories. */
export function codeRepositoriesOperations({ db, list, complete }: CodeRepositoriesParts) {
  return {
    list_code_repositories_api_v1_code_repositories_get: (request) => list(CODE_REPOSITORY_LIST, request),

    get_code_repository_api_v1_code_repositories__code_repository_id__get: ({ path, query }) =>
      loadOne(db, loadCodeRepositories, path.code_repository_id, depthOf(query.hydrate), 'code repository'),

    create_code_repository_api_v1_code_repositories_post: ({ body, query, identity, transaction }) =>
      transaction(async (tx) => {
        const project = await findProject(tx, query.project_name_or_id ?? body.project);
        const id = await insertCodeRepository(tx, project, {
          name: body.name,
          project_id: project.id,
          user_id: toDatabaseId(identity.user.id),
          config: JSON.stringify(body.config),
          source: JSON.stringify(complete('Source', body.source)),
          description: body.description ?? null,
          logo_url: body.logo_url ?? null,
        });
        return one(await loadCodeRepositories(tx, [id], FULL), id);
      }),

    update_code_repository_api_v1_code_repositories__code_repository_id__put: ({ path, body, transaction }) =>
      transaction(async (tx) => {
        const id = toDatabaseId(path.code_repository_id);
        const projectId = await lockCodeRepository(tx, id);
        if (!projectId) throw noSuch('code repository', id);
        await updateCodeRepository(tx, id, await findProject(tx, projectId), {
          ...(body.name && { name: body.name }),
          ...(body.description && { description: body.description }),
          ...(body.logo_url && { logo_url: body.logo_url }),
          ...(body.config && Object.keys(body.config).length > 0 && { config: JSON.stringify(body.config) }),
        });
        return one(await loadCodeRepositories(tx, [id], FULL), id);
      }),

    delete_code_repository_api_v1_code_repositories__code_repository_id__delete: ({ path, transaction }) =>
      transaction(async (tx) => {
        const deleted = await deleteCodeRepository(tx, toDatabaseId(path.code_repository_id));
        if (!deleted) throw noSuch('code repository', path.code_repository_id);
        return null;
      }),
  } satisfies Handlers;
}
