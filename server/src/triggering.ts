import type { Logger } from 'pino';
import { createCompletion } from './contract/completion.ts';
import { readContract } from './contract/document.ts';
import type { Database } from './database/database.ts';
import { createRunsService } from './features/runs/runs-service.ts';
import { createOnboarding } from './features/server/onboarding.ts';
import { createSnapshotRunsService, type EnqueueLaunch } from './features/snapshot-runs/snapshot-runs-service.ts';
import type { CatchUp } from './features/trigger-firing/due-schedules-service.ts';
import { noteRunEnded } from './features/trigger-firing/platform-events-service.ts';
import { startTriggerFirer, type TriggerFirer } from './features/trigger-firing/trigger-firer.ts';

/** Begins to fire triggers: their runs are queued as those of a call are. */
export function startTriggering(
  db: Database,
  { enqueueLaunch, catchUp }: { readonly enqueueLaunch: EnqueueLaunch; readonly catchUp: CatchUp },
  log: Logger,
): TriggerFirer {
  const complete = createCompletion(readContract());
  const runs = createRunsService(createOnboarding(), noteRunEnded);
  const snapshotRuns = createSnapshotRunsService({ complete, runs, enqueueLaunch });
  return startTriggerFirer({ db, snapshotRuns, catchUp, log });
}
