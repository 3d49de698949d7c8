import { invalidBody } from '../../contract/issues.ts';
import type { Handlers } from '../../contract/registry.ts';
import type { Database } from '../../database/database.ts';
import { toDatabaseId } from '../../database/ids.ts';
import { depthOf, FULL, one } from '../../listing/page.ts';
import { findProject } from '../projects/projects-read-model.ts';
import { loadOwnedLogs, readEntriesPage } from './log-paging.ts';
import type { LogReaders } from './log-readers.ts';
import { loadLogs } from './logs-read-model.ts';
import { assign, createLogs } from './logs-service.ts';

/** The parts that the operations on log records need. */
export interface LogsParts {
  readonly db: Database;
  readonly logReaders: LogReaders;
}

/** The operations on log records. */
export function logsOperations({ db, logReaders }: LogsParts) {
  return {
    get_logs_api_v1_logs__logs_id__get: ({ path, query }) => loadOwnedLogs(db, path.logs_id, depthOf(query.hydrate)),

    async get_logs_entries_api_v1_logs__logs_id__entries_get({ path, query }) {
      const { items, after } = await readEntriesPage(db, logReaders, path.logs_id, query);
      return { items, before: null, after: after ?? null };
    },

    create_logs_api_v1_logs_post: ({ body, identity, transaction }) =>
      transaction(async (tx) => {
        if (!body.project) throw invalidBody('A log entry needs the project that it belongs to.');
        const project = await findProject(tx, body.project);
        const id = await createLogs(tx, body, { projectId: project.id, userId: toDatabaseId(identity.user.id) });
        return one(await loadLogs(tx, [id], FULL), id);
      }),

    update_logs_api_v1_logs__logs_id__put: ({ path, body, transaction }) =>
      transaction(async (tx) => {
        const id = toDatabaseId(path.logs_id);
        await assign(tx, id, body);
        return one(await loadLogs(tx, [id], FULL), id);
      }),
  } satisfies Handlers;
}
