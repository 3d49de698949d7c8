import type { Handlers } from '../../contract/registry.ts';
import type { Database } from '../../database/database.ts';
import { fromDatabaseId, toDatabaseId } from '../../database/ids.ts';
import { toDatabaseInstant } from '../../database/instants.ts';
import { illegalOperation } from '../../errors.ts';
import { type Lister, loadOne, noSuch } from '../../listing/lister.ts';
import { depthOf, FULL, one } from '../../listing/page.ts';
import { checkLogsChoice, readChosenLog } from '../logs/log-choice.ts';
import type { LogReaders } from '../logs/log-readers.ts';
import { isFinished } from '../runs/run-status.ts';
import { STEP_LIST } from './steps-list.ts';
import { loadSteps } from './steps-read-model.ts';
import type { StepsService } from './steps-service.ts';
import { findStep, recordHeartbeat } from './steps-store.ts';

/** The parts that the operations on step runs need. */
export interface StepsParts {
  readonly db: Database;
  readonly list: Lister;
  readonly steps: StepsService;
  readonly logReaders: LogReaders;
}

/** The operations on step runs. */
export function stepsOperations({ db, list, steps, logReaders }: StepsParts) {
  const configured = async (stepId: string) => {
    const { metadata } = await loadOne(db, loadSteps, stepId, { metadata: true, resources: false }, 'step run');
    return (metadata?.config ?? {}) as Record<string, unknown>;
  };

  return {
    list_run_steps_api_v1_steps_get: (request) => list(STEP_LIST, request),

    get_step_api_v1_steps__step_id__get: ({ path, query }) =>
      loadOne(db, loadSteps, path.step_id, depthOf(query.hydrate), 'step run'),

    create_run_step_api_v1_steps_post: ({ body, identity, transaction }) =>
      transaction(async (tx) => {
        const userId = toDatabaseId(identity.user.id);
        const id = await steps.create(tx, body, userId, identity.permissions?.refusals);
        return one(await loadSteps(tx, [id], FULL), id);
      }),

    update_step_api_v1_steps__step_id__put: ({ path, body, transaction }) =>
      transaction(async (tx) => {
        const id = toDatabaseId(path.step_id);
        await steps.update(tx, id, body);
        return one(await loadSteps(tx, [id], FULL), id);
      }),

    get_step_configuration_api_v1_steps__step_id__step_configuration_get: ({ path }) => configured(path.step_id),

    async get_step_logs_api_v1_steps__step_id__logs_get({ path, query }) {
      checkLogsChoice(query);
      const step = await findStep(db, toDatabaseId(path.step_id));
      if (!step) throw noSuch('step run', path.step_id);
      return readChosenLog(db, { step: step.id }, query, logReaders);
    },

    async get_step_status_api_v1_steps__step_id__status_get({ path }) {
      const step = await findStep(db, toDatabaseId(path.step_id));
      if (!step) throw noSuch('step run', path.step_id);
      return step.status;
    },

    async update_heartbeat_api_v1_steps__step_run_id__heartbeat_put({ path }) {
      const step = await findStep(db, toDatabaseId(path.step_run_id));
      if (!step) throw noSuch('step run', path.step_run_id);
      if (isFinished(step.status)) throw illegalOperation('Can not update heartbeat for finished steps.');
      const time = new Date();
      await recordHeartbeat(db, step.id, toDatabaseInstant(time));
      return {
        id: fromDatabaseId(step.id),
        status: step.status,
        // With its zone and in microseconds, as no other time.
        latest_heartbeat: time.toISOString().replace('Z', '000Z'),
        heartbeat_enabled: step.heartbeat_threshold !== null,
        pipeline_run_status: step.run_status,
      };
    },
  } satisfies Handlers;
}
