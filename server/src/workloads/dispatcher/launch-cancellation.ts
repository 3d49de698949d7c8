import type { Logger } from 'pino';
import { fromDatabaseId } from '../../database/ids.ts';
import type { CancelLaunches } from '../../features/runs/run-cancellation.ts';
import { workloadName } from '../launch.ts';
import type { WorkloadManager } from '../manager.ts';
import { cancelLaunches } from './launch-store.ts';

/** Makes what takes back launches. A runner that cannot be removed now is found later: no run needs it any more. */
export function createLaunchCancellation(manager: Pick<WorkloadManager, 'remove'>, log: Logger): CancelLaunches {
  return {
    cancel: cancelLaunches,
    async removeRunners(runId, numbers) {
      for (const number of numbers) {
        await manager
          .remove(workloadName(runId, number))
          .catch((error: unknown) =>
            log.warn(
              { err: error, run: fromDatabaseId(runId) },
              'the runner of a run that was stopped is removed later',
            ),
          );
      }
    },
  };
}
