import type { IssueToken } from '../../auth/access-tokens.ts';
import type { Identity } from '../../auth/identity.ts';
import type { QueryOf } from '../../contract/operation-types.ts';
import type { Database } from '../../database/database.ts';
import { ApiError, valueError } from '../../errors.ts';
import { deploymentExists, findRunScope, findScheduleActivity } from './api-tokens-store.ts';

/** How long generic tokens live, seconds. */
export interface ApiTokenSettings {
  readonly lifetimeSeconds: number;
  readonly maxLifetimeSeconds: number;
}

type Query = QueryOf<'api_token_api_v1_api_token_get'>;

/** Issues a token for automation, or one that is bound to a run, schedule or deployment and lives as long as that does. */
export async function issueApiToken(
  db: Database,
  issueToken: IssueToken,
  settings: ApiTokenSettings,
  identity: Identity,
  query: Query,
): Promise<string> {
  const { token } = identity;
  if (!token) throw new ApiError('AuthorizationException', 'Not authenticated.');
  const keep = token.deviceId === undefined ? {} : { deviceId: token.deviceId };
  if ((query.token_type ?? 'generic') === 'generic') {
    const expiresIn = genericLifetime(settings, query);
    // A token that is bound to a workload must not be exchanged for one that is not; a runner's may outlive the runner.
    const { scheduleId, pipelineRunId, deploymentId } = token;
    const scope = { scheduleId, pipelineRunId, deploymentId };
    return (await issueToken(identity, { ...keep, expiresIn, scope })).accessToken;
  }
  const scope = {
    scheduleId: query.schedule_id ?? token.scheduleId,
    pipelineRunId: query.pipeline_run_id ?? token.pipelineRunId,
    deploymentId: query.deployment_id ?? token.deploymentId,
  };
  await checkScope(db, scope, token);
  return (await issueToken(identity, { ...keep, expiresIn: 0, scope })).accessToken;
}

function genericLifetime({ lifetimeSeconds, maxLifetimeSeconds }: ApiTokenSettings, query: Query): number {
  if (query.schedule_id || query.pipeline_run_id || query.deployment_id) {
    throw valueError('Generic API tokens cannot be scoped to a schedule, pipeline run or deployment.');
  }
  const lifetime = query.expires_in || lifetimeSeconds;
  if (lifetime <= maxLifetimeSeconds) return lifetime;
  throw valueError(
    `The maximum expiration time for generic API tokens allowed by this server is ${maxLifetimeSeconds} seconds.`,
  );
}

interface Scope {
  readonly scheduleId?: string | undefined;
  readonly pipelineRunId?: string | undefined;
  readonly deploymentId?: string | undefined;
}

/** @throws ApiError ValueError 400 for what is not there or has ended, AuthorizationException 401 for what the caller is not bound to */
async function checkScope(db: Database, scope: Scope, own: Scope): Promise<void> {
  const { scheduleId, pipelineRunId, deploymentId } = scope;
  if (!scheduleId && !pipelineRunId && !deploymentId) {
    throw valueError('Workload API tokens must be scoped to a schedule, pipeline run or deployment.');
  }
  if (scheduleId && own.scheduleId && scheduleId !== own.scheduleId)
    throw notScoped('schedule', scheduleId, own.scheduleId);
  if (deploymentId && own.deploymentId && deploymentId !== own.deploymentId) {
    throw notScoped('deployment', deploymentId, own.deploymentId);
  }
  if (scheduleId) await checkSchedule(db, scheduleId);
  if (pipelineRunId) await checkRun(db, pipelineRunId, own.pipelineRunId);
  if (deploymentId && !(await deploymentExists(db, deploymentId)))
    throw missing('Deployment', deploymentId, 'deployments');
}

async function checkSchedule(db: Database, id: string): Promise<void> {
  const active = await findScheduleActivity(db, id);
  if (active === undefined) throw missing('Schedule', id, 'schedules');
  if (active) return;
  throw valueError(
    `Schedule ${id} is not active and API tokens cannot be generated for inactive schedules for security reasons.`,
  );
}

/** A run's token also serves its child runs, which run in the same place. */
async function checkRun(db: Database, id: string, ownRunId: string | undefined): Promise<void> {
  const run = await findRunScope(db, id);
  if (!run) throw missing('Pipeline run', id, 'pipeline runs');
  if (!run.inProgress) {
    throw valueError(
      `The execution of pipeline run ${id} has already concluded and API tokens can no longer be generated for it for ` +
        'security reasons.',
    );
  }
  if (ownRunId && ownRunId !== id && ownRunId !== run.rootRunId) throw notScoped('pipeline run', id, ownRunId);
}

function missing(type: string, id: string, plural: string) {
  return valueError(
    `${type} ${id} does not exist and API tokens cannot be generated for non-existent ${plural} for security reasons.`,
  );
}

function notScoped(type: string, id: string, own: string) {
  return new ApiError(
    'AuthorizationException',
    `Unable to scope API token to ${type} ${id}. The token used to authorize this request is already scoped to ${type} ${own}.`,
  );
}
