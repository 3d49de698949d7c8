import type { Cluster } from './cluster.ts';
import { isAllowed } from './permissions.ts';

/** Where tokens go: a role that grants no Secrets leaves the pods' environment. */
export type SecretsPlace = 'secret' | 'environment';

const SECRETS = { group: '', resource: 'secrets', verb: 'create' } as const;
/** How long what the role allows is taken for granted, milliseconds. */
const ROLE_LIFETIME = 60_000;

/** Makes what tells, from the role, where tokens go in a namespace. */
export function createSecretsPlace(cluster: Cluster, namespace: string): () => Promise<SecretsPlace> {
  let known: { readonly place: SecretsPlace; readonly until: number } | undefined;
  return async () => {
    if (!known || known.until < Date.now()) {
      const place = (await isAllowed(cluster, namespace, SECRETS)) ? 'secret' : 'environment';
      known = { place, until: Date.now() + ROLE_LIFETIME };
    }
    return known.place;
  };
}
