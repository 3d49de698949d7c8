import { parseCookie } from 'cookie';
import type { Database } from '../database/database.ts';
import { credentialsNotValid } from '../errors.ts';
import { API_KEY_PREFIX } from './api-keys.ts';
import type { CsrfTokens } from './csrf.ts';
import { asWrongCredential, CONTROL_PLANE_KEY_PREFIX } from './external-users.ts';
import {
  authenticateApiKey,
  authenticatePassword,
  authenticateToken,
  type IdentityRules,
  toIdentity,
} from './identities.ts';
import type { Identity } from './identity.ts';
import { findPerson } from './identity-store.ts';
import type { VerifyPassword } from './passwords.ts';
import type { ShareCheck } from './shared-checks.ts';
import type { Tokens } from './tokens.ts';

/** The headers of a request that carry credentials. */
export interface CredentialHeaders {
  readonly authorization?: string | undefined;
  readonly cookie?: string | undefined;
  readonly csrfToken?: string | undefined;
}

/** Who is calling. @throws ApiError 401 */
export type Authenticate = (headers: CredentialHeaders) => Promise<Identity>;

/** What authentication is made of. */
export interface AuthenticatorParts {
  readonly db: Database;
  readonly scheme: 'OAUTH2_PASSWORD_BEARER' | 'HTTP_BASIC' | 'NO_AUTH' | 'EXTERNAL';
  readonly tokens: Tokens;
  readonly csrf: CsrfTokens;
  readonly shareCheck: ShareCheck;
  /** Of passwords and keys that come with every request. */
  readonly verifyPassword: VerifyPassword;
  readonly cookieName: string;
  readonly rules: IdentityRules;
  /** Finds out at the control plane whom a token of it stands for. @throws ApiError AuthorizationException 401 */
  readonly authenticateExternal: (token: string) => Promise<Identity>;
  /** The user of every request under `NO_AUTH`. */
  readonly defaultUserName: string;
}

/** A request without any credentials: the reference's answer has no error name. */
export class NotAuthenticated extends Error {
  readonly challenge: 'Bearer' | 'Basic';

  constructor(challenge: 'Bearer' | 'Basic') {
    super('Not authenticated');
    this.challenge = challenge;
  }
}

/** Makes the check that every secured operation passes. */
export function createAuthenticator(parts: AuthenticatorParts): Authenticate {
  switch (parts.scheme) {
    case 'NO_AUTH':
      return () => parts.shareCheck('default user', () => authenticateDefault(parts));
    case 'HTTP_BASIC':
      return ({ authorization = '' }) => parts.shareCheck(authorization, () => authenticateBasic(parts, authorization));
    default:
      return (headers) => authenticateBearer(parts, headers);
  }
}

async function authenticateDefault({ db, defaultUserName }: AuthenticatorParts): Promise<Identity> {
  const user = await findPerson(db, defaultUserName);
  if (!user) throw credentialsNotValid('Authentication error: invalid credentials');
  return toIdentity(user);
}

async function authenticateBasic({ db, verifyPassword }: AuthenticatorParts, authorization: string): Promise<Identity> {
  const encoded = schemeValue(authorization, 'basic');
  if (encoded === undefined) throw new NotAuthenticated('Basic');
  const text = Buffer.from(encoded, 'base64').toString('utf8');
  const colon = text.indexOf(':');
  if (colon < 0) throw new NotAuthenticated('Basic');
  return authenticatePassword(db, text.slice(0, colon), text.slice(colon + 1), verifyPassword);
}

/** The cookie of the dashboard comes before the header, as in the reference. */
async function authenticateBearer(parts: AuthenticatorParts, headers: CredentialHeaders): Promise<Identity> {
  const { shareCheck, csrf } = parts;
  const cookie = headers.cookie ? parseCookie(headers.cookie)[parts.cookieName] : undefined;
  const credential = cookie || schemeValue(headers.authorization, 'bearer');
  if (credential === undefined) throw new NotAuthenticated('Bearer');
  const identity = await shareCheck(credential, () => verifyBearer(parts, credential));
  if (identity.token?.sessionId) csrf.verify(headers.csrfToken, identity.token.sessionId);
  return identity;
}

async function verifyBearer(parts: AuthenticatorParts, credential: string): Promise<Identity> {
  const { db, tokens, rules, verifyPassword } = parts;
  if (credential.startsWith(CONTROL_PLANE_KEY_PREFIX)) return authenticateControlPlaneKey(parts, credential);
  if (credential.startsWith(API_KEY_PREFIX)) return authenticateApiKey(db, credential, verifyPassword);
  return authenticateToken(db, await tokens.verify(credential), rules);
}

/** Checks a key that the control plane gave to a service account. @throws ApiError CredentialsNotValid 401 */
export function authenticateControlPlaneKey(
  { authenticateExternal }: Pick<AuthenticatorParts, 'authenticateExternal'>,
  key: string,
): Promise<Identity> {
  return authenticateExternal(key).catch((error: unknown) => {
    throw asWrongCredential(error);
  });
}

/** What stands behind the scheme, which may be nothing; `undefined` under another scheme. */
function schemeValue(authorization: string | undefined, scheme: string): string | undefined {
  const [given, value = ''] = authorization?.split(/\s+/, 2) ?? [];
  return given?.toLowerCase() === scheme ? value : undefined;
}
