import type { Complete } from '../../contract/completion.ts';
import type { BodyOf } from '../../contract/operation-types.ts';
import type { Transaction } from '../../database/database.ts';
import { encodeJson } from '../../database/encoded-json.ts';
import { entityExists } from '../../errors.ts';
import { noSuch } from '../../listing/lister.ts';
import { toPythonJson } from '../../python-json.ts';
import { findProject } from '../projects/projects-read-model.ts';
import { checkReference } from '../references.ts';
import * as store from './services-store.ts';

type ServiceRequest = BodyOf<'create_service_api_v1_services_post'>;
type ServiceUpdate = BodyOf<'update_service_api_v1_services__service_id__put'>;

/** Creates a service and returns its database id. @throws ApiError 404, 409 */
export async function createService(
  transaction: Transaction,
  complete: Complete,
  request: ServiceRequest,
  scope: { projectNameOrId: string; userId: string },
): Promise<string> {
  const project = await findProject(transaction, scope.projectNameOrId);
  await store.lockProject(transaction, project.id);
  const config = encodeJson(request.config);
  if (await store.hasConfiguration(transaction, [config, asReferenceStores(request.config)])) {
    throw entityExists(
      `Unable to create service '${request.name}' with the given configuration: A service with the same configuration ` +
        'already exists.',
    );
  }
  const reference = { from: 'service', projectId: project.id };
  const run = { ...reference, table: 'pipeline_run', id: request.pipeline_run_id } as const;
  const version = { ...reference, table: 'model_version', id: request.model_version_id } as const;
  return store.insertService(transaction, {
    name: request.name,
    project_id: project.id,
    user_id: scope.userId,
    service_source: request.service_source ?? null,
    service_type: JSON.stringify(complete('ServiceType', request.service_type)),
    type: request.service_type.type,
    flavor: request.service_type.flavor,
    admin_state: request.admin_state ?? null,
    config,
    labels: encodeUnlessEmpty(request.labels),
    ...statusColumns(request.status),
    endpoint: encodeUnlessEmpty(request.endpoint),
    prediction_url: request.prediction_url ?? null,
    health_check_url: request.health_check_url ?? null,
    pipeline_name: textOf(request.config['pipeline_name']),
    pipeline_step_name: textOf(request.config['pipeline_step_name']),
    pipeline_run_id: await checkReference(transaction, run),
    model_version_id: await checkReference(transaction, version),
  });
}

/** Changes a service. @throws ApiError KeyError 404 */
export async function changeService(transaction: Transaction, id: string, update: ServiceUpdate): Promise<void> {
  const service = await store.lockService(transaction, id);
  if (!service) throw noSuch('service', id);
  const modelVersionId = await checkReference(transaction, {
    table: 'model_version',
    id: update.model_version_id,
    from: 'service schema',
    projectId: service.project_id,
    operation: 'updated',
  });
  const { labels, status, endpoint, model_version_id: _checked, ...texts } = update;
  const given = Object.entries(texts).filter(([, value]) => value != null);
  await store.updateService(transaction, id, {
    ...(Object.fromEntries(given) as Partial<store.ServiceValues>),
    ...(labels != null && { labels: encodeUnlessEmpty(labels) }),
    ...(status != null && statusColumns(status)),
    ...(endpoint != null && { endpoint: encodeUnlessEmpty(endpoint) }),
    ...(modelVersionId && { model_version_id: modelVersionId }),
  });
}

/** What the reference has stored of an equal configuration counts too. */
function asReferenceStores(config: object): Buffer {
  return Buffer.from(Buffer.from(toPythonJson(config), 'utf8').toString('base64'), 'latin1');
}

/** The state is a column of its own too, so that it shows without the status. */
function statusColumns(status: Readonly<Record<string, unknown>> | null | undefined) {
  return { status: encodeUnlessEmpty(status), state: textOf(status?.['state']) };
}

function encodeUnlessEmpty(value: object | null | undefined): Buffer | null {
  return value && Object.keys(value).length > 0 ? encodeJson(value) : null;
}

function textOf(value: unknown): string | null {
  return value === undefined || value === null ? null : String(value);
}
