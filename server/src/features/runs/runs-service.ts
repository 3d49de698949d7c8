import type { Transaction } from '../../database/database.ts';
import type { Onboarding } from '../server/onboarding.ts';
import { getOrCreateRun } from './run-creation.ts';
import { createRunStatusUpdates, type OnRunEnded, type UpdateRunStatus } from './run-status-updates.ts';
import { type RunUpdate, updateRun } from './run-updates.ts';

/** The rules of pipeline runs. */
export interface RunsService {
  readonly getOrCreate: typeof getOrCreateRun;
  update(transaction: Transaction, runId: string, update: RunUpdate, userId: string): Promise<void>;
  readonly updateStatus: UpdateRunStatus;
}

/** See {@link createRunStatusUpdates}. */
export function createRunsService(onboarding: Onboarding, onRunEnded?: OnRunEnded): RunsService {
  const updateStatus = createRunStatusUpdates(onboarding, onRunEnded);
  return {
    getOrCreate: getOrCreateRun,
    update: (transaction, runId, update, userId) => updateRun(transaction, updateStatus, runId, update, userId),
    updateStatus,
  };
}
