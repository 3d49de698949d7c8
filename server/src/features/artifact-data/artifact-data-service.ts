import type { ArtifactStore, StoredThing } from '../../artifact-stores/artifact-store.ts';
import { NoSuchFileError, readWhole } from '../../artifact-stores/artifact-store.ts';
import type { Model } from '../../contract/operation-types.ts';
import type { Connection } from '../../database/database.ts';
import { toDatabaseId } from '../../database/ids.ts';
import { ApiError, illegalOperation, keyError, valueError } from '../../errors.ts';
import { sizeOf } from './artifact-archive.ts';
import type { OpenComponentStore } from './component-stores-service.ts';
import { findArtifactStoreOf, findStoreComponent } from './store-components-read-model.ts';

/** Something of a store that may be downloaded. */
export interface Downloadable {
  readonly store: ArtifactStore;
  readonly uri: string;
  readonly thing: StoredThing;
}

/** An artifact version, as it is shown with its visualizations. */
export type ShownArtifactVersion = Pick<Model<'ArtifactVersionResponse'>, 'id' | 'body' | 'metadata'>;

/** The rules of what is handed through from artifact stores. */
export interface ArtifactDataService {
  /** @throws ApiError KeyError 404, IllegalOperationError 403 where it is too large, and as {@link OpenComponentStore} */
  findArtifact(connection: Connection, version: ShownArtifactVersion): Promise<Downloadable>;
  /** Deletes all that is at an artifact's URI. @throws ApiError ValueError 400 without a store, RuntimeError 500 */
  remove(connection: Connection, version: ShownArtifactVersion): Promise<void>;
  /** @throws ApiError ValueError 400 where the snapshot has none, KeyError 404, IllegalOperationError 403 */
  findCode(connection: Connection, snapshot: SnapshotCode): Promise<Downloadable>;
  /** @throws ApiError DoesNotExistException 404, KeyError 404, and as {@link OpenComponentStore} */
  visualize(
    connection: Connection,
    version: ShownArtifactVersion,
    index: number,
  ): Promise<Model<'LoadedVisualization'>>;
}

/** Where a snapshot's code is. Ids in API form. */
export interface SnapshotCode {
  readonly id: string;
  readonly codePath: string | null | undefined;
  readonly stackId: string | null | undefined;
}

/** What is shown is held in memory; bytes. */
const LARGEST_SHOWN = 2 ** 28;

/** @param limit the largest download, bytes */
export function createArtifactDataService(open: OpenComponentStore, limit: number): ArtifactDataService {
  const tooLarge = (what: string) =>
    illegalOperation(
      `The ${what} is too large to be downloaded. The maximum download size allowed by your ZenML server is ${limit} bytes.`,
    );

  return {
    async findArtifact(connection, version) {
      const { uri } = bodyOf(version);
      const store = await open(connection, storeOf(version));
      const thing = await store.stat(uri);
      if (!thing) throw keyError(`The artifact URI '${uri}' does not exist.`);
      if ((await sizeOf(store, uri, thing)) > limit) throw tooLarge(`artifact '${version.id}'`);
      return { store, uri, thing };
    },

    async remove(connection, version) {
      const { uri, artifact_store_id } = bodyOf(version);
      if (!artifact_store_id) throw valueError('Artifact version has no artifact store, cannot delete data.');
      try {
        const store = await open(connection, toDatabaseId(artifact_store_id));
        const thing = await store.stat(uri);
        if (thing?.kind === 'file') await store.remove(uri);
        if (thing?.kind !== 'directory') return;
        for await (const file of store.list(uri)) await store.remove(file.uri);
      } catch (error) {
        const reason = error instanceof Error ? error.message : String(error);
        throw new ApiError(
          'RuntimeError',
          `Artifact data at '${uri}' could not be deleted. Delete the data manually from the artifact store. ` +
            `Full error: ${reason}`,
          { cause: error },
        );
      }
    },

    async findCode(connection, { id, codePath, stackId }) {
      if (!codePath) throw valueError(`Snapshot ${id} has no code path.`);
      if (!stackId) throw valueError(`Snapshot ${id} has no stack.`);
      const storeId = await findArtifactStoreOf(connection, toDatabaseId(stackId));
      if (storeId === undefined) throw keyError(`The stack ${stackId} has no artifact store.`);
      const store = await open(connection, storeId);
      const thing = await store.stat(codePath);
      if (thing?.kind !== 'file') throw keyError(`The file '${codePath}' does not exist.`);
      if (thing.size > limit) throw tooLarge(`file '${codePath}'`);
      return { store, uri: codePath, thing };
    },

    async visualize(connection, version, index) {
      const storeId = storeOf(version);
      const visualizations = version.metadata?.visualizations ?? [];
      if (visualizations.length === 0) throw doesNotExist(`Artifact '${version.id}' has no visualizations.`);
      const { type, uri } = visualizations[index]?.body ?? {};
      if (type === undefined || uri === undefined) {
        throw doesNotExist(
          `Artifact '${version.id}' only has ${visualizations.length} visualizations, but index ${index} was requested.`,
        );
      }
      const store = await open(connection, storeId);
      const bytes = await readWhole(store, uri, Math.min(limit, LARGEST_SHOWN)).catch(async (error: unknown) => {
        if (error instanceof RangeError) throw tooLarge(`file '${uri}'`);
        if (!(error instanceof NoSuchFileError)) throw error;
        const name = (await findStoreComponent(connection, storeId))?.name;
        throw doesNotExist(`File '${uri}' does not exist in artifact store '${name}'.`);
      });
      return { type, value: bytes.toString(type === 'image' ? 'base64' : 'utf8') };
    },
  };
}

/** @returns the database id of the artifact store. @throws ApiError KeyError 404 */
function storeOf(version: ShownArtifactVersion): string {
  const { artifact_store_id } = bodyOf(version);
  if (!artifact_store_id) throw keyError(`Artifact version ${version.id} has no artifact store`);
  return toDatabaseId(artifact_store_id);
}

function bodyOf({ id, body }: ShownArtifactVersion): Model<'ArtifactVersionResponseBody'> {
  if (!body) throw new Error(`Artifact version ${id} was loaded without its body.`);
  return body;
}

function doesNotExist(message: string) {
  return new ApiError('DoesNotExistException', message);
}
