import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import type { GcpSecretsPlace } from '../config/secrets-place.ts';
import { fromDatabaseId } from '../database/ids.ts';
import { type BackendParts, createBackendStore, type SecretsBackend } from './backend-store.ts';
import { createGoogleAuthorization } from './google-authorization.ts';
import { isManagedBy, labelsOf } from './secret-labels.ts';
import { SecretsBackendError, type SecretsStore } from './secrets-store.ts';
import { parseValues } from './stored-values.ts';

/** For a call with its repetitions, milliseconds: rows are locked meanwhile. */
const CALL_TIMEOUT = 5_000;
/** Tries of a call that Google was too busy for. */
const MAX_ATTEMPTS = 3;
/** Before the next try, milliseconds. */
const PAUSE = 200;

/** Sends a request below `projects/…/secrets`. @throws {GoogleError} */
type Send = (method: string, path: string, body?: unknown) => Promise<unknown>;

/** Google has refused. */
class GoogleError extends Error {
  readonly status: number;

  constructor(status: number, message: string) {
    super(`${status} ${message}`);
    this.status = status;
  }
}

/**
 * Keeps values in Google's Secret Manager as ZenML 0.98.0 does (gcp_secrets_store.py): a secret `zenml-<uuid>` each,
 * the latest version of it the JSON of the values, labelled with the server's and the secret's id.
 */
export function createGcpSecretsStore(place: GcpSecretsPlace, { serverId, log }: BackendParts): SecretsStore {
  return createBackendStore(backendOf(createSend(place), serverId), log);
}

function createSend(place: GcpSecretsPlace): Send {
  const tokenOf = createGoogleAuthorization(place);
  const host = process.env['CLOUDSDK_API_ENDPOINT_OVERRIDES_SECRETMANAGER'] ?? 'https://secretmanager.googleapis.com';
  const base = `${host.replace(/\/+$/, '')}/v1/projects/${encodeURIComponent(place.projectId)}/secrets`;
  return async (method, path, body) => {
    const signal = AbortSignal.timeout(CALL_TIMEOUT);
    const headers = { Authorization: `Bearer ${await tokenOf()}`, 'Content-Type': 'application/json' };
    for (let attempt = 1; ; attempt++) {
      const text = body === undefined ? null : JSON.stringify(body);
      const response = await fetch(base + path, { method, headers, body: text, signal });
      const answer: unknown = await response.json().catch(() => undefined);
      if (response.ok) return answer;
      const busy = response.status === 429 || response.status >= 500;
      if (!busy || attempt === MAX_ATTEMPTS) throw new GoogleError(response.status, messageIn(answer, response));
      await sleep(PAUSE * attempt, undefined, { signal });
    }
  };
}

const errorShape = z.object({ error: z.object({ message: z.string() }) });

function messageIn(answer: unknown, { statusText }: Response): string {
  const parsed = errorShape.safeParse(answer);
  return parsed.success ? parsed.data.error.message : statusText;
}

const secretShape = z.object({ labels: z.record(z.string(), z.string()).default({}) });
const versionShape = z.object({ payload: z.object({ data: z.string().default('') }) });

function backendOf(send: Send, serverId: string): SecretsBackend {
  const isOurs = async (id: string): Promise<boolean> =>
    isManagedBy(serverId, id, secretShape.parse(await send('GET', `/${nameOf(id)}`)).labels);

  return {
    async read(id) {
      try {
        const [version, ours] = await Promise.all([send('GET', `/${nameOf(id)}/versions/latest:access`), isOurs(id)]);
        const { data } = versionShape.parse(version).payload;
        if (!ours) return undefined;
        return parseValues(Buffer.from(data, 'base64').toString('utf8'), `Google secret ${nameOf(id)}`);
      } catch (error) {
        if (isStatus(error, 404)) return undefined;
        throw failure(`Error fetching secret with ID ${fromDatabaseId(id)}`, error);
      }
    },

    async write(id, values) {
      const isNew = await createSecret(send, id, labelsOf(serverId, id));
      try {
        if (!isNew && !(await isOurs(id))) throw new Error(`${nameOf(id)} is not managed by this ZenML instance`);
        const data = Buffer.from(JSON.stringify(values), 'utf8').toString('base64');
        await send('POST', `/${nameOf(id)}:addVersion`, { payload: { data } });
      } catch (error) {
        throw failure(isNew ? 'Failed to create secret.' : 'Error updating secret', error);
      }
    },

    async remove(id) {
      try {
        await send('DELETE', `/${nameOf(id)}`);
      } catch (error) {
        if (!isStatus(error, 404)) throw failure('Failed to delete secret', error);
      }
    },
  };
}

/** @returns whether it was not there */
async function createSecret(send: Send, id: string, labels: Readonly<Record<string, string>>): Promise<boolean> {
  try {
    await send('POST', `?secretId=${nameOf(id)}`, { replication: { automatic: {} }, labels });
    return true;
  } catch (error) {
    if (isStatus(error, 409)) return false;
    throw failure('Failed to create secret.', error);
  }
}

function nameOf(id: string): string {
  return `zenml-${fromDatabaseId(id)}`;
}

function isStatus(error: unknown, status: number): boolean {
  return error instanceof GoogleError && error.status === status;
}

function failure(what: string, error: unknown): SecretsBackendError {
  if (error instanceof SecretsBackendError) return error;
  return new SecretsBackendError(`${what}: ${reasonOf(error)}`, { cause: error });
}

function reasonOf(error: unknown): string {
  if (error instanceof GoogleError) return error.message;
  if (!(error instanceof Error)) return `Google's Secret Manager: ${String(error)}`;
  if (error.name === 'TimeoutError' || error.name === 'AbortError')
    return `Google's Secret Manager did not answer within ${CALL_TIMEOUT / 1000} s`;
  // `fetch failed` says why in its cause only.
  const { cause } = error;
  return `Google's Secret Manager: ${error.message}${cause instanceof Error ? ` (${cause.message})` : ''}`;
}
