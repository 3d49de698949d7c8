import { randomUUID } from 'node:crypto';
import type { Logger } from 'pino';
import { ApiError } from '../errors.ts';

/** Long work that no request waits for, one at a time in each process. */
export interface Maintenance {
  /**
   * Starts a task and returns its id at once; how it ends is told in the log.
   * @throws ApiError MaxConcurrentTasksError 429 while another one runs.
   */
  submit(name: string, task: () => Promise<Record<string, unknown>>): string;
}

/** Makes the place where maintenance runs. */
export function createMaintenance(log: Logger): Maintenance {
  let running = false;
  return {
    submit(name, task) {
      if (running) {
        throw new ApiError(
          'MaxConcurrentTasksError',
          'Another maintenance task is still running. Retry once it has finished.',
        );
      }
      const taskId = randomUUID();
      running = true;
      void task()
        .then((result) => log.info({ taskId, name, ...result }, 'maintenance task finished'))
        .catch((error: unknown) => log.error({ err: error, taskId, name }, 'maintenance task failed'))
        .finally(() => {
          running = false;
        });
      return taskId;
    },
  };
}
