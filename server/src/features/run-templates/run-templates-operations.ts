import type { Handlers } from '../../contract/registry.ts';
import type { Database } from '../../database/database.ts';
import { toDatabaseId } from '../../database/ids.ts';
import { type Lister, loadOne, noSuch } from '../../listing/lister.ts';
import { depthOf, FULL, one } from '../../listing/page.ts';
import { loadRunTemplates, RUN_TEMPLATE_LIST } from './run-templates-read-model.ts';
import { changeRunTemplate, createRunTemplate } from './run-templates-service.ts';
import { deleteRunTemplate } from './run-templates-store.ts';

/** The parts that the operations on run templates need. */
export interface RunTemplatesParts {
  readonly db: Database;
  readonly list: Lister;
}

/** The operations on run templates, which named snapshots replace. */
export function runTemplatesOperations({ db, list }: RunTemplatesParts) {
  return {
    list_run_templates_api_v1_run_templates_get: (request) => list(RUN_TEMPLATE_LIST, request),

    get_run_template_api_v1_run_templates__template_id__get: ({ path, query }) =>
      loadOne(db, loadRunTemplates, path.template_id, depthOf(query.hydrate), 'run template'),

    create_run_template_api_v1_run_templates_post: ({ body, query, identity, transaction }) =>
      transaction(async (tx) => {
        const project = query.project_name_or_id ?? body.project;
        const id = await createRunTemplate(tx, body, project, toDatabaseId(identity.user.id));
        return one(await loadRunTemplates(tx, [id], FULL), id);
      }),

    update_run_template_api_v1_run_templates__template_id__put: ({ path, body, identity, transaction }) =>
      transaction(async (tx) => {
        const id = toDatabaseId(path.template_id);
        await changeRunTemplate(tx, id, body, toDatabaseId(identity.user.id));
        return one(await loadRunTemplates(tx, [id], FULL), id);
      }),

    delete_run_template_api_v1_run_templates__template_id__delete: ({ path, transaction }) =>
      transaction(async (tx) => {
        if (!(await deleteRunTemplate(tx, toDatabaseId(path.template_id))))
          throw noSuch('run template', path.template_id);
        return null;
      }),
  } satisfies Handlers;
}
