import type { Transaction } from '../../database/database.ts';
import { now } from '../../database/instants.ts';
import { parseOnboardingState } from './server-settings-store.ts';

/** What a new user does one after the other (ZenML 0.98.0 enums.OnboardingStep). */
export type OnboardingStep =
  | 'device_verified'
  | 'project_created'
  | 'pipeline_run'
  | 'stack_with_remote_orchestrator_created'
  | 'stack_with_remote_artifact_store_created'
  | 'pipeline_run_with_remote_orchestrator'
  | 'pipeline_run_with_remote_artifact_store'
  | 'pipeline_deployed'
  | 'oss_onboarding_completed'
  | 'pro_onboarding_completed';

/** Keeps the onboarding steps that are done. */
export interface Onboarding {
  /** Marks steps as done, within the write that completes them. */
  complete(transaction: Transaction, steps: readonly OnboardingStep[]): Promise<void>;
}

/** Remembers what is done, because steps are never undone: after the first days a step costs no statement. */
export function createOnboarding(): Onboarding {
  const done = new Set<string>();
  return {
    async complete(transaction, steps) {
      if (steps.every((step) => done.has(step))) return;
      const settings = await transaction
        .selectFrom('server_settings')
        .select(['id', 'onboarding_state'])
        .forUpdate()
        .executeTakeFirstOrThrow();
      const stored = parseOnboardingState(settings);
      const state = [...new Set([...stored, ...steps])];
      if (state.length > stored.length) {
        const changes = { onboarding_state: JSON.stringify(state), updated: now() };
        await transaction.updateTable('server_settings').set(changes).where('id', '=', settings.id).execute();
      }
      // Only what was read is known to be committed; the steps of this transaction may still be rolled back.
      for (const step of stored) done.add(step);
    },
  };
}
