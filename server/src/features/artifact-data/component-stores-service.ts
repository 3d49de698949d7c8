import { createHash } from 'node:crypto';
import type { ArtifactStore } from '../../artifact-stores/artifact-store.ts';
import type { Connection } from '../../database/database.ts';
import { fromDatabaseId } from '../../database/ids.ts';
import { ApiError, illegalOperation, keyError, notImplemented } from '../../errors.ts';
import { findPublicSecret } from '../secrets/secret-names-read-model.ts';
import type { SecretsService } from '../secrets/secrets-service.ts';
import { loadInstance } from '../service-connectors/connector-instances.ts';
import { boundStore } from './bounded-store.ts';
import { findStoreComponent, type StoreComponent } from './store-components-read-model.ts';
import { type ConnectorCredentials, toGcsSettings, toS3Settings, UnusableStoreError } from './store-settings.ts';

/**
 * Opens the artifact store of a stack (database id of the component)..
 * @throws ApiError DoesNotExistException 404, NotImplementedError 501 where it cannot be opened, IllegalOperationError 403
 *   for one that is on a client's machine
 */
export type OpenComponentStore = (connection: Connection, id: string) => Promise<ArtifactStore>;

/** What the stores are opened with. */
export interface ComponentStoresParts {
  readonly secrets: SecretsService;
  /** Whether this server may read its own disk: where it runs on its user's machine. */
  readonly localFilesAllowed: boolean;
}

/** Flavors of the S3 API. */
const S3_FLAVORS = ['s3', 'b2', 'digitalocean'];
/** How many stores are kept open. */
const KEPT = 20;

/** Makes the function that opens stores; connections are kept while the configuration stays the same. */
export function createComponentStores({ secrets, localFilesAllowed }: ComponentStoresParts): OpenComponentStore {
  const kept = new Map<string, ArtifactStore>();

  const keep = async (key: string, make: () => Promise<ArtifactStore>) => {
    const store = kept.get(key) ?? (await make());
    kept.delete(key);
    kept.set(key, store);
    const [oldest] = kept.keys();
    // Reads that are under way end by themselves: nothing is asked of the store any more.
    if (kept.size > KEPT && oldest !== undefined) kept.delete(oldest);
    return store;
  };

  return async (connection, id) => {
    const component = await findStoreComponent(connection, id);
    if (!component) throw doesNotExist(`Artifact store '${fromDatabaseId(id)}' does not exist.`);
    if (component.type !== 'artifact_store') {
      throw doesNotExist(`Stack component '${fromDatabaseId(id)}' is not an artifact store.`);
    }
    const configuration = await resolveSecrets(connection, secrets, component);
    const root = String(configuration['path'] ?? '').replace(/^['"`]+|['"`]+$/g, '');
    if (component.flavor === 'local') {
      if (!localFilesAllowed) {
        throw illegalOperation('Files in a local artifact store cannot be accessed from the server.');
      }
      const { createLocalStore } = await import('../../artifact-stores/local-store.ts');
      return boundStore(createLocalStore(), root, component.name);
    }
    const make = await makerOf(connection, secrets, component, configuration);
    return boundStore(await keep(make.key, make.open), root, component.name);
  };
}

async function makerOf(
  connection: Connection,
  secrets: SecretsService,
  component: StoreComponent,
  configuration: Readonly<Record<string, unknown>>,
): Promise<{ key: string; open: () => Promise<ArtifactStore> }> {
  const { flavor, name } = component;
  if (flavor !== 'gcp' && !S3_FLAVORS.includes(flavor)) {
    throw unusable(name, `this server does not read artifact stores of the flavor ${flavor}`);
  }
  const connector = await loadConnector(connection, secrets, component);
  const secret = connector ? undefined : await loadSecret(connection, secrets, component, configuration);
  try {
    if (flavor === 'gcp') {
      const settings = toGcsSettings(secret, connector);
      const open = async () => (await import('../../artifact-stores/gcs-store.ts')).createGcsStore(settings);
      return { key: keyOf(flavor, settings), open };
    }
    const settings = toS3Settings(flavor, configuration, secret, connector);
    const open = async () => (await import('../../artifact-stores/s3-store.ts')).createS3Store(settings);
    return { key: keyOf(flavor, settings), open };
  } catch (error) {
    throw error instanceof UnusableStoreError ? unusable(name, error.message) : error;
  }
}

function keyOf(flavor: string, settings: object): string {
  return createHash('sha256')
    .update(`${flavor}${JSON.stringify(settings)}`)
    .digest('hex');
}

async function loadConnector(
  connection: Connection,
  secrets: SecretsService,
  { connectorId }: StoreComponent,
): Promise<ConnectorCredentials | undefined> {
  if (connectorId === null) return undefined;
  return loadInstance(connection, secrets.valuesOf, fromDatabaseId(connectorId));
}

async function loadSecret(
  connection: Connection,
  secrets: SecretsService,
  { name }: StoreComponent,
  configuration: Readonly<Record<string, unknown>>,
): Promise<Readonly<Record<string, string>> | undefined> {
  const secretName = configuration['authentication_secret'];
  if (typeof secretName !== 'string' || secretName === '') return undefined;
  const id = await findPublicSecret(connection, secretName);
  if (id !== undefined) return secrets.values(connection, id);
  throw keyError(
    `The authentication secret ${secretName} referenced by the \`${name}\` \`artifact_store\` stack component does not ` +
      'exist.',
  );
}

const REFERENCE = /^\{\{\s*(\S+?)\.(\S+)\s*\}\}$/;

/**
 * Puts the values of secrets where the configuration refers to them. Only of public ones: whoever may change a component
 * could otherwise have another's private secret sent to an address of their choice.
 */
async function resolveSecrets(
  connection: Connection,
  secrets: SecretsService,
  { configuration, name }: StoreComponent,
): Promise<Readonly<Record<string, unknown>>> {
  const resolved: Record<string, unknown> = { ...configuration };
  for (const [member, value] of Object.entries(configuration)) {
    const [, secretName, key] = (typeof value === 'string' && REFERENCE.exec(value)) || [];
    if (secretName === undefined || key === undefined) continue;
    const id = await findPublicSecret(connection, secretName);
    const text = id === undefined ? undefined : (await secrets.values(connection, id))[key];
    if (text === undefined) {
      throw keyError(
        `The configuration ${member} of the artifact store '${name}' refers to the secret ${secretName}.${key}, which ` +
          'does not exist or is private.',
      );
    }
    resolved[member] = text;
  }
  return resolved;
}

function doesNotExist(message: string) {
  return new ApiError('DoesNotExistException', message);
}

function unusable(name: string, reason: string) {
  return notImplemented(`Artifact store '${name}' could not be instantiated: ${reason}.`);
}
