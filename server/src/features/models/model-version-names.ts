import { valueError } from '../../errors.ts';
import { checkName } from '../names.ts';

/** The stages that a version can be in or be named by; `latest` names the one with the highest number. */
export const MODEL_STAGES: readonly string[] = ['none', 'staging', 'production', 'archived', 'latest'];

/** Whether a text is a number, which names a version by its number. */
export function isNumeric(name: string): boolean {
  return /^\d+$/.test(name);
}

/** Checks a name that a client gives to a version. @throws ApiError ValueError 400 */
export function checkVersionName(name: string): void {
  checkName(name, 'ModelVersion');
  if (isNumeric(name)) throw valueError("Can't create model version with custom numeric model version name.");
  if (MODEL_STAGES.includes(name.toLowerCase())) {
    const stages = MODEL_STAGES.map((stage) => `'${stage}'`).join(', ');
    throw valueError(`Can't create model version with a name that is used as a model version stage ([${stages}]).`);
  }
}
