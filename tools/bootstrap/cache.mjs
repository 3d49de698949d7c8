import { homedir } from 'node:os';
import { join, resolve } from 'node:path';
import { makeDirectory } from './directory.mjs';

/** Where downloads and installed parts are kept between runs; each entry's name carries its version. */
export function cacheDirectory(env = process.env) {
  return join(env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'zenml-workspace-server');
}

/** The path of one entry of the cache, its parent folders made. */
export function cachePath(...names) {
  const root = cacheDirectory();
  makeDirectory(resolve(root), 0o755);
  return join(root, ...names);
}

/** Where `npm start` keeps its database and keys unless told otherwise. */
export function defaultDataDirectory(env = process.env) {
  return join(env.XDG_DATA_HOME || join(homedir(), '.local', 'share'), 'zenml-workspace-server');
}
