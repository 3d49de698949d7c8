import { z } from 'zod';
import { isUuid } from '../database/ids.ts';
import { ApiError, credentialsNotValid } from '../errors.ts';
import { parseJson } from '../json.ts';

/** What the keys of service accounts of a control plane begin with (ZenML 0.98.0 constants.ZENML_PRO_API_KEY_PREFIX). */
export const CONTROL_PLANE_KEY_PREFIX = 'ZENPROKEY_';

/** How long the control plane may take to say who somebody is, milliseconds (ZenML 0.98.0: 10 s). */
const TIMEOUT = 10_000;

/** Somebody whom the control plane knows and lets use this server. */
export type ExternalUser = z.infer<typeof EXTERNAL_USER>;

/** ZenML 0.98.0 models/v2/misc/external_user.py; what else the control plane tells is left aside. */
const EXTERNAL_USER = z.object({
  id: z.string().refine(isUuid),
  username: z.string(),
  email: z.string().nullish(),
  name: z.string().nullish(),
  is_superuser: z.boolean().default(false),
  is_service_account: z.boolean().default(false),
  avatar_url: z.string().nullish(),
  oidc_claims: z.record(z.string(), z.unknown()).nullish(),
});

/** Where and as whom the control plane is asked. */
export interface ExternalUsersSettings {
  readonly userInfoUrl: string;
  /** What every request to the control plane carries; see {@link serverHeaders}. */
  readonly headers: Readonly<Record<string, string>>;
  /** The id under which the control plane knows this server. */
  readonly serverId: string;
  /** Told why it could not be asked; the client gets no internals. */
  readonly onFailure: (error: unknown) => void;
}

/** Asks who a token of the control plane stands for. @throws ApiError AuthorizationException 401 */
export type FindExternalUser = (token: string) => Promise<ExternalUser>;

/** By which headers the control plane tells servers apart (ZenML 0.98.0 `get_zenml_headers`). */
export function serverHeaders(serverId: string, serverUrl: string | undefined, version: string) {
  return {
    'zenml-server-id': serverId,
    'zenml-server-version': version,
    ...(serverUrl && { 'zenml-server-url': serverUrl }),
  };
}

/** Makes the request that ZenML 0.98.0's `authenticate_external_user` makes. */
export function createExternalUsers(settings: ExternalUsersSettings): FindExternalUser {
  const { userInfoUrl, headers, serverId, onFailure } = settings;
  const url = new URL(userInfoUrl);
  url.searchParams.set('server_id', serverId);
  const ask = async (token: string) => {
    const authorization = `Bearer ${token}`;
    const signal = AbortSignal.timeout(TIMEOUT);
    const response = await fetch(url, { headers: { ...headers, Authorization: authorization }, signal });
    return { status: response.status, text: await response.text() };
  };
  return async (token) => {
    const answer = await ask(token).catch((error: unknown) => {
      onFailure(error);
      throw refused('Error fetching user information from external authenticator.');
    });
    return readUser(answer, onFailure);
  };
}

function readUser(
  { status, text }: { status: number; text: string },
  onFailure: (error: unknown) => void,
): ExternalUser {
  if (status === 401 || status === 403) throw refused('Not authorized to access this server.');
  if (status === 404) throw refused('External authenticator did not recognize this server.');
  if (status < 200 || status > 299) {
    onFailure(new Error(`The control plane answered ${status} when asked who a user is.`));
    throw refused('Error fetching user information from external authenticator. ');
  }
  const user = EXTERNAL_USER.safeParse(parseJson(text));
  if (user.success) return user.data;
  onFailure(user.error);
  throw refused('Unknown external authenticator error');
}

function refused(message: string): ApiError {
  return new ApiError('AuthorizationException', message);
}

/** A key that the control plane refuses is a wrong credential: its client should not send it again. */
export function asWrongCredential(error: unknown): unknown {
  const refusal = error instanceof ApiError && error.name === 'AuthorizationException';
  return refusal ? credentialsNotValid(`Authentication error: ${error.message}.`) : error;
}
