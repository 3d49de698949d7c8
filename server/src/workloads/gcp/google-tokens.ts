import { GoogleAuth } from 'google-auth-library';
import { CredentialsError } from '../images/registry-authorization.ts';

/** With the e-mail address a cluster knows an account by the name that RoleBindings have, without it by its number. */
const SCOPES = ['https://www.googleapis.com/auth/cloud-platform', 'https://www.googleapis.com/auth/userinfo.email'];

/**
 * Gets access tokens of Google's: of the metadata server (workload identity), of a key file, or of whatever else
 * `GOOGLE_APPLICATION_CREDENTIALS` names. Google's library renews them.
 * @throws {CredentialsError} where there are no credentials
 */
export function createGoogleTokens(): () => Promise<string> {
  const auth = new GoogleAuth({ scopes: SCOPES });
  return async () => {
    try {
      const token = await auth.getAccessToken();
      if (token) return token;
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      throw new CredentialsError(`the server has no credentials of Google: ${reason}`, { cause: error });
    }
    throw new CredentialsError('the server has no credentials of Google');
  };
}
