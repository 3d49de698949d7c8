import { z } from 'zod';
import { parseJson } from '../json.ts';
import { SecretsBackendError, type SecretValues } from './secrets-store.ts';

const values = z.record(z.string(), z.string());

/**
 * The values in a backend's text. What is wrong is told without the text.
 * @param where names the backend's secret
 * @throws {SecretsBackendError}
 */
export function parseValues(text: string, where: string): SecretValues {
  const parsed = values.safeParse(parseJson(text));
  if (parsed.success) return parsed.data;
  throw new SecretsBackendError(`${where} could not be decoded: expected a JSON object of texts.`);
}
