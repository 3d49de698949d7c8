import { createHash } from 'node:crypto';
import { createReadStream, renameSync, writeFileSync } from 'node:fs';
import { arch } from 'node:os';
import { join } from 'node:path';
import { runOrFail } from '../bootstrap/process.mjs';

/**
 * Makes an image of one layer from a folder, capabilities of files included, as a `docker-archive` (what `docker save`
 * writes and `ctr images import` reads).
 * @param {{root: string, scratch: string, name: string, archive: string, config: object}} given `scratch` is a folder for
 *   what lies between; `name` is the image's, with registry and tag; `config` is `Env`, `User`, `Entrypoint`, …
 */
export async function writeImageArchive({ root, scratch, name, archive, config }) {
  const { layer, configuration } = await writeLayer({ root, scratch, config });
  const configName = `${digestOf(configuration)}.json`;
  writeFileSync(join(scratch, configName), configuration);
  const layerName = `${layer}.tar`;
  renameSync(join(scratch, 'layer.tar'), join(scratch, layerName));
  const manifest = [{ Config: configName, RepoTags: [name], Layers: [layerName] }];
  writeFileSync(join(scratch, 'manifest.json'), JSON.stringify(manifest));
  await runOrFail('tar', ['-C', scratch, '-cf', archive, 'manifest.json', configName, layerName]);
}

/**
 * Writes `layer.tar` of a folder.
 * @returns {Promise<{layer: string, configuration: string}>} the layer's SHA-256 and the image's configuration
 */
export async function writeLayer({ root, scratch, config }) {
  const file = join(scratch, 'layer.tar');
  const attributes = ['--xattrs', '--xattrs-include=security.capability', '--numeric-owner'];
  await runOrFail('tar', ['-C', root, ...attributes, '-cf', file, '.']);
  const hash = createHash('sha256');
  for await (const chunk of createReadStream(file)) hash.update(chunk);
  const layer = hash.digest('hex');
  const architecture = arch() === 'x64' ? 'amd64' : arch();
  const rootfs = { type: 'layers', diff_ids: [`sha256:${layer}`] };
  return { layer, configuration: JSON.stringify({ architecture, os: 'linux', config, rootfs }) };
}

function digestOf(text) {
  return createHash('sha256').update(text).digest('hex');
}
