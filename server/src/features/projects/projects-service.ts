import type { BodyOf } from '../../contract/operation-types.ts';
import type { Transaction } from '../../database/database.ts';
import { illegalOperation } from '../../errors.ts';
import type { Onboarding } from '../server/onboarding.ts';
import { findProject } from './projects-read-model.ts';
import { deleteProject, insertProject, type ProjectValues, updateProject } from './projects-store.ts';

type ProjectRequest = BodyOf<'create_project_api_v1_projects_post'>;
type ProjectUpdate = BodyOf<'update_project_api_v1_projects__project_name_or_id__put'>;

/** The rules of projects. */
export interface ProjectsService {
  /** Creates a project and returns its database id. */
  create(transaction: Transaction, request: ProjectRequest): Promise<string>;
  /** Changes a project and returns its database id. */
  update(transaction: Transaction, nameOrId: string, update: ProjectUpdate): Promise<string>;
  /** Deletes a project with everything in it. */
  remove(transaction: Transaction, nameOrId: string): Promise<void>;
}

/** @param defaultProjectName the project that can neither be renamed nor deleted. */
export function createProjectsService(defaultProjectName: string, onboarding: Onboarding): ProjectsService {
  return {
    async create(transaction, request) {
      const id = await insertProject(transaction, toValues(request));
      await onboarding.complete(transaction, ['project_created']);
      return id;
    },
    async update(transaction, nameOrId, update) {
      const project = await findProject(transaction, nameOrId);
      if (project.name === defaultProjectName && update.name !== undefined && update.name !== project.name) {
        throw illegalOperation('The name of the default project cannot be changed.');
      }
      await updateProject(transaction, project.id, toChanges(update));
      return project.id;
    },
    async remove(transaction, nameOrId) {
      const project = await findProject(transaction, nameOrId);
      if (project.name === defaultProjectName) throw illegalOperation('The default project cannot be deleted.');
      await deleteProject(transaction, project.id);
    },
  };
}

function toValues({ name, display_name, description, project_metadata }: ProjectRequest): ProjectValues {
  return {
    name,
    display_name: display_name || name,
    description,
    project_metadata: JSON.stringify(project_metadata ?? {}),
  };
}

function toChanges({ name, display_name, description, project_metadata }: ProjectUpdate): Partial<ProjectValues> {
  return {
    ...(name != null && { name }),
    ...(display_name != null && { display_name }),
    ...(description != null && { description }),
    ...(project_metadata != null && { project_metadata: JSON.stringify(project_metadata) }),
  };
}
