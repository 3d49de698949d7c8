import { type AuthClient, GoogleAuth, Impersonated } from 'google-auth-library';
import type { GcpSecretsPlace } from '../config/secrets-place.ts';

const SCOPES = ['https://www.googleapis.com/auth/cloud-platform'];

/** Gets the token of the next request; Google's library renews it. @throws Error without credentials */
export function createGoogleAuthorization({ token, credentials, impersonate }: GcpSecretsPlace): () => Promise<string> {
  if (token !== undefined) return async () => token;
  let client: Promise<AuthClient> | undefined;
  const open = async (): Promise<AuthClient> => {
    const source = await new GoogleAuth({
      scopes: SCOPES,
      // A copy: configurations are frozen.
      ...(credentials && { credentials: structuredClone(credentials) }),
    }).getClient();
    if (impersonate === undefined) return source;
    return new Impersonated({ sourceClient: source, targetPrincipal: impersonate, targetScopes: SCOPES });
  };
  return async () => {
    client ??= open();
    try {
      const { token: found } = await (await client).getAccessToken();
      if (found) return found;
    } catch (error) {
      // The next request looks anew.
      client = undefined;
      throw error;
    }
    throw new Error('there are no credentials of Google');
  };
}
