import { createConfiguredRegistry } from '../images/configured-images.ts';
import { createRegistryClient } from '../images/registry-client.ts';
import type { Cloud } from '../kubernetes/configured-manager.ts';
import { createGkeSearch } from './gke-cluster.ts';
import { createGoogleRegistry } from './google-registry.ts';
import { createGoogleTokens } from './google-tokens.ts';

/**
 * What differs on GKE from any other cluster: images lie in Artifact Registry, which builders push to as the identity of
 * their service account (workload identity), and which the server asks with the credentials that Google's library finds.
 */
export const gcp: Cloud = {
  createClusterSearch: createGkeSearch,
  createRegistry(config, cluster) {
    const others = createConfiguredRegistry(config, cluster, config.namespace);
    const getToken = createGoogleTokens();
    const findCredentials = async () => ({ username: 'oauth2accesstoken', password: await getToken() });
    const google = createRegistryClient({ findCredentials });
    return createGoogleRegistry({ others, pullSecret: config.pullSecret, google });
  },
};
