import type { Onboarding } from '../server/onboarding.ts';
import { createRunStatusUpdates, type UpdateRunStatus } from './run-status-updates.ts';

/** The rules of pipeline runs. */
export interface RunsService {
  readonly updateStatus: UpdateRunStatus;
}

/** @param onboarding told when a run ends. */
export function createRunsService(onboarding: Onboarding): RunsService {
  return { updateStatus: createRunStatusUpdates(onboarding) };
}
