import {
  CreateSecretCommand,
  DeleteSecretCommand,
  DescribeSecretCommand,
  GetSecretValueCommand,
  PutSecretValueCommand,
  SecretsManagerClient,
  SecretsManagerServiceException,
} from '@aws-sdk/client-secrets-manager';
import type { AwsSecretsPlace } from '../config/secrets-place.ts';
import { fromDatabaseId } from '../database/ids.ts';
import { createSessions } from './aws-sessions.ts';
import { type BackendParts, createBackendStore, type SecretsBackend } from './backend-store.ts';
import { isManagedBy, labelsOf } from './secret-labels.ts';
import { SecretsBackendError, type SecretsStore } from './secrets-store.ts';
import { parseValues } from './stored-values.ts';

/** Milliseconds. */
const CONNECT_TIMEOUT = 2_000;
/** For a call with its repetitions, milliseconds: rows are locked meanwhile. */
const CALL_TIMEOUT = 5_000;

/**
 * Keeps values in AWS Secrets Manager as ZenML 0.98.0 does (aws_secrets_store.py): a secret `zenml/<uuid>` each, its
 * text the JSON of the values, tagged with the server's and the secret's id.
 */
export function createAwsSecretsStore(place: AwsSecretsPlace, { serverId, log }: BackendParts): SecretsStore {
  const { region, credentials, profile } = place;
  const sessions = createSessions(place, CALL_TIMEOUT);
  // A copy: the SDK notes where they come from, and configurations are frozen.
  const keys = sessions ?? (credentials && { ...credentials });
  const client = new SecretsManagerClient({
    region,
    ...(keys && { credentials: keys }),
    ...(profile !== undefined && { profile }),
    requestHandler: { connectionTimeout: CONNECT_TIMEOUT, requestTimeout: CALL_TIMEOUT },
  });
  return createBackendStore(backendOf(client, serverId), log);
}

function backendOf(client: SecretsManagerClient, serverId: string): SecretsBackend {
  const deadline = () => ({ abortSignal: AbortSignal.timeout(CALL_TIMEOUT) });

  const isOurs = async (id: string): Promise<boolean> => {
    const { Tags = [] } = await client.send(new DescribeSecretCommand({ SecretId: nameOf(id) }), deadline());
    return isManagedBy(serverId, id, Object.fromEntries(Tags.map(({ Key, Value }) => [Key, Value])));
  };

  const create = async (id: string, text: string): Promise<void> => {
    const tags = Object.entries(labelsOf(serverId, id)).map(([Key, Value]) => ({ Key, Value }));
    await client.send(new CreateSecretCommand({ Name: nameOf(id), SecretString: text, Tags: tags }), deadline());
  };

  return {
    async read(id) {
      try {
        const [value, ours] = await Promise.all([
          client.send(new GetSecretValueCommand({ SecretId: nameOf(id) }), deadline()),
          isOurs(id),
        ]);
        return ours ? parseValues(value.SecretString ?? '', `AWS secret ${nameOf(id)}`) : undefined;
      } catch (error) {
        if (isMissing(error)) return undefined;
        throw failure(`Error fetching secret with ID ${fromDatabaseId(id)}`, error, 'GetSecretValue');
      }
    },

    async write(id, values) {
      const text = JSON.stringify(values);
      try {
        // New secrets are the common case, and one call then.
        await create(id, text);
        return;
      } catch (error) {
        if (!isNamed(error, 'ResourceExistsException')) throw failure('Error creating secret', error, 'CreateSecret');
      }
      try {
        if (!(await isOurs(id))) throw new Error(`${nameOf(id)} is not managed by this ZenML instance`);
        await client.send(new PutSecretValueCommand({ SecretId: nameOf(id), SecretString: text }), deadline());
      } catch (error) {
        throw failure('Error updating secret', error, 'PutSecretValue');
      }
    },

    async remove(id) {
      try {
        // As ZenML does: without the days in which AWS would give it back.
        const request = { SecretId: nameOf(id), ForceDeleteWithoutRecovery: true };
        await client.send(new DeleteSecretCommand(request), deadline());
      } catch (error) {
        if (isMissing(error)) return;
        throw failure(`Error deleting secret with ID ${fromDatabaseId(id)}`, error, 'DeleteSecret');
      }
    },
  };
}

function nameOf(id: string): string {
  return `zenml/${fromDatabaseId(id)}`;
}

function isNamed(error: unknown, name: string): error is SecretsManagerServiceException {
  return error instanceof SecretsManagerServiceException && error.name === name;
}

/** A secret that somebody has deleted by hand is there for some days, and gone for all who read. */
function isMissing(error: unknown): boolean {
  if (isNamed(error, 'ResourceNotFoundException')) return true;
  return isNamed(error, 'InvalidRequestException') && error.message.includes('marked for deletion');
}

/** Says what failed as ZenML, on boto3, does. */
function failure(what: string, error: unknown, operation: string): SecretsBackendError {
  if (error instanceof SecretsBackendError) return error;
  if (error instanceof SecretsManagerServiceException) {
    const reason = `An error occurred (${error.name}) when calling the ${operation} operation: ${error.message}`;
    return new SecretsBackendError(`${what}: ${reason}`, { cause: error });
  }
  const reason =
    error instanceof Error && error.name === 'AbortError'
      ? `AWS Secrets Manager did not answer within ${CALL_TIMEOUT / 1000} s`
      : `AWS Secrets Manager: ${error instanceof Error ? error.message : String(error)}`;
  return new SecretsBackendError(`${what}: ${reason}`, { cause: error });
}
