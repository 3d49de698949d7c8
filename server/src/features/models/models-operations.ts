import type { Handlers } from '../../contract/registry.ts';
import type { Database } from '../../database/database.ts';
import { toDatabaseId } from '../../database/ids.ts';
import { type Lister, loadOne } from '../../listing/lister.ts';
import { depthOf, FULL, one } from '../../listing/page.ts';
import { loadModelVersions, MODEL_VERSION_LIST } from './model-versions-list.ts';
import { loadModels, MODEL_LIST } from './models-read-model.ts';
import {
  changeModel,
  changeVersion,
  createModel,
  createVersion,
  removeModel,
  removeVersion,
} from './models-service.ts';

/** The parts that the operations on models need. */
export interface ModelsParts {
  readonly db: Database;
  readonly list: Lister;
}

/** The operations on models and their versions. */
export function modelsOperations({ db, list }: ModelsParts) {
  return {
    list_models_api_v1_models_get: (request) => list(MODEL_LIST, request),

    get_model_api_v1_models__model_id__get: ({ path, query }) =>
      loadOne(db, loadModels, path.model_id, depthOf(query.hydrate), 'model'),

    create_model_api_v1_models_post: ({ body, query, identity, transaction }) =>
      transaction(async (tx) => {
        const project = query.project_name_or_id ?? body.project;
        const id = await createModel(tx, body, project, toDatabaseId(identity.user.id));
        return one(await loadModels(tx, [id], FULL), id);
      }),

    update_model_api_v1_models__model_id__put: ({ path, body, identity, transaction }) =>
      transaction(async (tx) => {
        const id = toDatabaseId(path.model_id);
        await changeModel(tx, id, body, toDatabaseId(identity.user.id));
        return one(await loadModels(tx, [id], FULL), id);
      }),

    delete_model_api_v1_models__model_id__delete: ({ path, transaction }) =>
      transaction(async (tx) => {
        await removeModel(tx, toDatabaseId(path.model_id));
        return null;
      }),

    list_model_versions_api_v1_model_versions_get: ({ query, identity }) =>
      list(MODEL_VERSION_LIST, { query: { ...query, model: query.model_name_or_id || query.model }, identity }),

    list_model_versions_api_v1_models__model_name_or_id__model_versions_get: ({ path, query, identity }) =>
      list(MODEL_VERSION_LIST, { query: { ...query, model: path.model_name_or_id ?? query.model }, identity }),

    get_model_version_api_v1_model_versions__model_version_id__get: ({ path, query }) =>
      loadOne(db, loadModelVersions, path.model_version_id, depthOf(query.hydrate), 'model version'),

    create_model_version_api_v1_model_versions_post: ({ body, query, identity, transaction }) =>
      transaction(async (tx) => {
        const request = { ...body, model: query.model_id ?? body.model };
        const project = query.project_name_or_id ?? body.project;
        const id = await createVersion(tx, request, project, toDatabaseId(identity.user.id));
        return one(await loadModelVersions(tx, [id], FULL), id);
      }),

    update_model_version_api_v1_model_versions__model_version_id__put: ({ path, body, identity, transaction }) =>
      transaction(async (tx) => {
        const id = toDatabaseId(path.model_version_id);
        await changeVersion(tx, id, body, toDatabaseId(identity.user.id));
        return one(await loadModelVersions(tx, [id], FULL), id);
      }),

    delete_model_version_api_v1_model_versions__model_version_id__delete: ({ path, transaction }) =>
      transaction(async (tx) => {
        await removeVersion(tx, toDatabaseId(path.model_version_id));
        return null;
      }),
  } satisfies Handlers;
}
