import type { Handlers } from '../../contract/registry.ts';
import { toDatabaseId } from '../../database/ids.ts';
import { findProject } from '../projects/projects-read-model.ts';
import { createRunMetadata } from './run-metadata-service.ts';

/** The operation that writes metadata to runs, steps, artifact and model versions, schedules and wait conditions. */
export function runMetadataOperations() {
  return {
    create_run_metadata_api_v1_run_metadata_post: ({ body, query, identity, transaction }) =>
      transaction(async (tx) => {
        const project = await findProject(tx, query.project_name_or_id ?? body.project);
        await createRunMetadata(tx, body, project.id, toDatabaseId(identity.user.id));
        return null;
      }),
  } satisfies Handlers;
}
