import type { Cluster } from './cluster.ts';
import { createDoubt } from './doubt.ts';
import { findLacking, PERMISSIONS } from './permissions.ts';

/** Where tokens go: a role that grants no Secrets leaves the pods' environment. */
export type SecretsPlace = 'secret' | 'environment';

const SECRETS = PERMISSIONS.filter(({ resource }) => resource === 'secrets');
/** How long what the role allows is taken for granted, milliseconds. */
const ROLE_LIFETIME = 60_000;

/**
 * Makes what tells, from the role, where tokens go in a namespace.
 * @param doubt as long as the cluster does not know yet what the role allows, it throws
 */
export function createSecretsPlace(
  cluster: Cluster,
  namespace: string,
  doubt = createDoubt(),
): () => Promise<SecretsPlace> {
  let known: { readonly place: SecretsPlace; readonly until: number } | undefined;
  return async () => {
    if (!known || known.until < Date.now()) {
      const { missing, reason } = await findLacking(cluster, namespace, SECRETS);
      if (reason === undefined) doubt.end();
      else if (!doubt.hasLasted()) {
        throw new Error(`The cluster cannot say whether the server may use Secrets: ${reason}`);
      }
      const place = missing.length === 0 && reason === undefined ? 'secret' : 'environment';
      known = { place, until: Date.now() + ROLE_LIFETIME };
    }
    return known.place;
  };
}
