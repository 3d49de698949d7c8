import type { CreationRefusals } from '../../auth/permissions.ts';
import type { Transaction } from '../../database/database.ts';
import { createStep, type StepCreationParts } from './step-creation.ts';
import type { StepRequest } from './step-links.ts';
import { type StepUpdate, updateStep } from './step-updates.ts';

/** The rules of step runs; ids in database form. */
export interface StepsService {
  /**
   * Creates a step run, or the next try of one, and returns its id.
   * @param refusals what the user may not make on the way
   * @throws ApiError 403, 404, 409
   */
  create(transaction: Transaction, request: StepRequest, userId: string, refusals?: CreationRefusals): Promise<string>;
  /** Changes a step run and brings its run's status up to date. @throws ApiError 403, 404 */
  update(transaction: Transaction, id: string, update: StepUpdate): Promise<void>;
}

/** Makes the rules of step runs. */
export function createStepsService(parts: StepCreationParts): StepsService {
  return {
    create: (transaction, request, userId, refusals) => createStep(parts, transaction, request, userId, refusals),
    update: (transaction, id, update) => updateStep(transaction, parts.updateRunStatus, id, update),
  };
}
