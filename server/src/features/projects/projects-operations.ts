import type { Handlers } from '../../contract/registry.ts';
import type { Database } from '../../database/database.ts';
import type { Lister } from '../../listing/lister.ts';
import { depthOf, FULL, one } from '../../listing/page.ts';
import type { ProjectScope } from './project-scope.ts';
import { findProject, loadProjects, PROJECT_LIST } from './projects-read-model.ts';
import type { ProjectsService } from './projects-service.ts';

/** The parts that the operations on projects need. */
export interface ProjectsParts {
  readonly db: Database;
  readonly list: Lister;
  readonly projects: ProjectsService;
  readonly projectScope: ProjectScope;
}

/** The operations on projects. */
export function projectsOperations({ db, list, projects, projectScope }: ProjectsParts) {
  return {
    list_projects_api_v1_projects_get: (request) => list(PROJECT_LIST, request),

    create_project_api_v1_projects_post: (request) =>
      request.transaction(async (transaction) => {
        const id = await projects.create(transaction, request.body);
        return one(await loadProjects(transaction, [id], FULL), id);
      }),

    async get_project_api_v1_projects__project_name_or_id__get({ path, query }) {
      const { id } = await findProject(db, path.project_name_or_id ?? '');
      return one(await loadProjects(db, [id], depthOf(query.hydrate)), id);
    },

    async update_project_api_v1_projects__project_name_or_id__put(request) {
      const answer = await request.transaction(async (transaction) => {
        const id = await projects.update(transaction, request.path.project_name_or_id ?? '', request.body);
        return one(await loadProjects(transaction, [id], FULL), id);
      });
      projectScope.forget();
      return answer;
    },

    async delete_project_api_v1_projects__project_name_or_id__delete(request) {
      await request.transaction((transaction) => projects.remove(transaction, request.path.project_name_or_id ?? ''));
      projectScope.forget();
      return null;
    },
  } satisfies Handlers;
}
