import { z } from 'zod';
import { isObject, parseJson } from '../../json.ts';
import { hostOf } from './image-reference.ts';

/** What a registry knows someone by. */
export type RegistryCredentials =
  | { readonly username: string; readonly password: string }
  /** A token that is exchanged for others, as `docker login` leaves one with some registries. */
  | { readonly identityToken: string };

/** Credentials by registry. */
export interface DockerConfig {
  /** @param repository for configurations that have several credentials for a host */
  find(registry: string, repository: string): RegistryCredentials | undefined;
}

const entrySchema = z.looseObject({
  auth: z.string().optional(),
  username: z.string().optional(),
  password: z.string().optional(),
  identitytoken: z.string().optional(),
});
const entriesSchema = z.record(z.string(), entrySchema);
type Entry = z.infer<typeof entrySchema>;

/**
 * Reads Docker's configuration file, as `docker login` and Kubernetes' pull secrets have it.
 * @throws {Error} where it is none; without its text, which holds passwords
 */
export function parseDockerConfig(json: string): DockerConfig {
  const config = parseJson(json);
  // Secrets of the older type kubernetes.io/dockercfg have the entries at the top.
  const parsed = entriesSchema.safeParse(isObject(config) && 'auths' in config ? config['auths'] : config);
  if (!parsed.success) throw new Error('it is no Docker configuration: JSON with `auths` is expected');
  const places = Object.entries(parsed.data)
    .map(([key, entry]) => ({ ...placeOf(key), credentials: credentialsOf(entry) }))
    .sort((one, other) => other.path.length - one.path.length);
  return {
    find(registry, repository) {
      const hosts = [registry, hostOf(registry)];
      if (registry === 'docker.io') hosts.push('index.docker.io');
      const place = places.find(
        ({ host, path, credentials }) =>
          credentials && hosts.some((name) => matches(host, name)) && `${repository}/`.startsWith(path),
      );
      return place?.credentials;
    },
  };
}

/** Docker's configuration with credentials for one registry. */
export function formatDockerConfig(registry: string, username: string, password: string): string {
  const auth = Buffer.from(`${username}:${password}`).toString('base64');
  return JSON.stringify({ auths: { [registry]: { auth } } });
}

/** Keys are `host`, `host/path`, or addresses such as `https://index.docker.io/v1/`. */
function placeOf(key: string): { host: string; path: string } {
  const [host = '', ...rest] = key
    .replace(/^https?:\/\//, '')
    .replace(/\/(?:v1|v2)\/?$/, '')
    .split('/');
  const path = rest.join('/').replace(/\/+$/, '');
  return { host, path: path === '' ? '' : `${path}/` };
}

/** A `*` stands for a part of a host's name, as in Kubernetes. */
function matches(pattern: string, host: string): boolean {
  if (!pattern.includes('*')) return pattern === host;
  const parts = host.split('.');
  const patterns = pattern.split('.');
  return parts.length === patterns.length && patterns.every((one, index) => one === '*' || one === parts[index]);
}

function credentialsOf({ auth, username, password, identitytoken }: Entry): RegistryCredentials | undefined {
  if (identitytoken) return { identityToken: identitytoken };
  if (username !== undefined && password !== undefined) return { username, password };
  if (!auth) return undefined;
  const [name = '', ...rest] = Buffer.from(auth, 'base64').toString('utf8').split(':');
  return rest.length === 0 ? undefined : { username: name, password: rest.join(':') };
}
