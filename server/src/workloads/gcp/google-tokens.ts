import { Storage } from '@google-cloud/storage';
import { CredentialsError } from '../images/registry-authorization.ts';

/**
 * Gets access tokens of Google's: of the metadata server (workload identity), of a key file, or of whatever else
 * `GOOGLE_APPLICATION_CREDENTIALS` names. Google's library renews them.
 * @throws {CredentialsError} where there are no credentials
 */
export function createGoogleTokens(): () => Promise<string> {
  let client: Storage | undefined;
  return async () => {
    // The library that comes with the storage client; nothing is stored with it here.
    client ??= new Storage();
    try {
      const token = await client.authClient.getAccessToken();
      if (typeof token === 'string') return token;
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      throw new CredentialsError(`the server has no credentials of Google: ${reason}`, { cause: error });
    }
    throw new CredentialsError('the server has no credentials of Google');
  };
}
