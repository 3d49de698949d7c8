import { pipeline, Readable } from 'node:stream';
import { createGzip } from 'node:zlib';
import type { DownloadTokens } from '../../auth/download-tokens.ts';
import type { Handlers } from '../../contract/registry.ts';
import { Reply } from '../../contract/reply.ts';
import type { Database } from '../../database/database.ts';
import { fromDatabaseId, toDatabaseId } from '../../database/ids.ts';
import { loadOne } from '../../listing/lister.ts';
import { FULL } from '../../listing/page.ts';
import { loadArtifactVersions } from '../artifacts/artifact-versions-read-model.ts';
import { findSnapshotCode } from '../snapshots/snapshot-code-read-model.ts';
import { archiveOf } from './artifact-archive.ts';
import type { ArtifactDataService } from './artifact-data-service.ts';

/** The parts that the operations on the contents of artifact stores need. */
export interface ArtifactDataParts {
  readonly db: Database;
  readonly artifactData: ArtifactDataService;
  readonly downloadTokens: DownloadTokens;
}

/** The operations that hand through what lies in artifact stores. */
export function artifactDataOperations({ db, artifactData, downloadTokens }: ArtifactDataParts) {
  const loadVersion = (id: string) => loadOne(db, loadArtifactVersions, id, FULL, 'artifact version');

  return {
    async get_artifact_visualization_api_v1_artifact_versions__artifact_version_id__visualize_get({ path, query }) {
      return artifactData.visualize(db, await loadVersion(path.artifact_version_id), query.index ?? 0);
    },

    async get_artifact_download_token_api_v1_artifact_versions__artifact_version_id__download_token_get({ path }) {
      const version = await loadVersion(path.artifact_version_id);
      await artifactData.findArtifact(db, version);
      return downloadTokens.sign('artifact_version', version.id);
    },

    async download_artifact_data_api_v1_artifact_versions__artifact_version_id__data_get({ path, query }) {
      const id = toApiId(path.artifact_version_id);
      await downloadTokens.verify(query.token, 'artifact_version', id);
      const version = await loadVersion(id);
      const { store, uri, thing } = await artifactData.findArtifact(db, version);
      const name = `${version.body?.artifact.name}-${version.body?.version}.tar.gz`;
      return download(name, gzipped(Readable.from(archiveOf(store, uri, thing), { objectMode: false })));
    },

    async get_snapshot_code_download_token_api_v1_pipeline_snapshots__snapshot_id__download_token_get({ path }) {
      const code = await findSnapshotCode(db, path.snapshot_id);
      await artifactData.findCode(db, code);
      return downloadTokens.sign('snapshot_code', code.id);
    },

    async download_snapshot_code_api_v1_pipeline_snapshots__snapshot_id__code_get({ path, query }) {
      const id = toApiId(path.snapshot_id);
      await downloadTokens.verify(query.token, 'snapshot_code', id);
      const { store, uri } = await artifactData.findCode(db, await findSnapshotCode(db, id));
      return download(`${id}-code.tar.gz`, await store.read(uri));
    },
  } satisfies Handlers;
}

function toApiId(id: string): string {
  return fromDatabaseId(toDatabaseId(id));
}

/** What goes wrong in the source breaks off the download: its headers are out by then. */
function gzipped(source: Readable): Readable {
  return pipeline(source, createGzip(), () => undefined);
}

function download(name: string, raw: Readable): Reply<unknown> {
  const plain = /^[\w.~-]+$/.test(name);
  const disposition = plain ? `filename="${name}"` : `filename*=utf-8''${encodeURIComponent(name)}`;
  return new Reply(undefined, {
    raw,
    headers: { 'Content-Type': 'application/gzip', 'Content-Disposition': `attachment; ${disposition}` },
  });
}
