import { z } from 'zod';
import type { RegistryCredentials } from './docker-config.ts';
import type { ImageReference } from './image-reference.ts';

/**
 * Finds what a registry knows the server by.
 * @returns `undefined` to ask it as anyone may
 * @throws {CredentialsError}
 */
export type FindCredentials = (
  image: ImageReference,
  signal: AbortSignal | undefined,
) => Promise<RegistryCredentials | undefined>;

/** Credentials are configured and cannot be had. Its message says why. */
export class CredentialsError extends Error {
  override name = 'CredentialsError';
}

type Send = (authorization: string | undefined) => Promise<Response>;

/** A request of which it is not known yet how its registry wants it authorized. */
export interface UnauthorizedRequest {
  readonly image: ImageReference;
  /** What it does: `pull` or `pull,push`. */
  readonly actions: string;
  readonly url: URL;
  readonly send: Send;
  /** Ends one exchange with a server. */
  readonly signal: () => AbortSignal;
}

/** Sends a request with the authorization that its registry asks for. */
export type SendAuthorized = (request: UnauthorizedRequest) => Promise<Response>;

interface Token {
  readonly authorization: string;
  /** Milliseconds since 1970. */
  readonly expires: number;
}

/** Of a token that does not say; the specification's minimum. Seconds. */
const SHORTEST_LIFE = 60;
/** A token is not used in its last seconds: it could end on its way. */
const MARGIN = 10;
const MAX_REMEMBERED = 1000;

const tokenSchema = z.object({
  token: z.string().optional(),
  access_token: z.string().optional(),
  expires_in: z.number().optional(),
});

/**
 * Answers the challenges of registries (`WWW-Authenticate: Basic` or `Bearer`, the latter as in Docker's token
 * authentication) and remembers what they accept.
 */
export function createRegistryAuthorization(findCredentials: FindCredentials): SendAuthorized {
  const known = new Map<string, Token>();
  return async ({ image, actions, url, send, signal }) => {
    const key = `${image.registry}/${image.repository} ${actions}`;
    const remembered = known.get(key);
    const isValid = remembered !== undefined && remembered.expires > Date.now();
    const first = await send(isValid ? remembered.authorization : undefined);
    if (first.status !== 401) return first;
    known.delete(key);
    const challenge = parseChallenge(first.headers.get('www-authenticate') ?? '');
    if (!challenge) return first;
    const credentials = await findCredentials(image, signal());
    const scope = `repository:${image.repository}:${actions}`;
    const token = await answerChallenge(challenge, { credentials, scope, url, signal: signal() });
    if (!token) return first;
    const second = await send(token.authorization);
    if (second.status !== 401) {
      if (known.size >= MAX_REMEMBERED) known.clear();
      known.set(key, token);
    }
    return second;
  };
}

/** What a registry asks for. */
export interface Challenge {
  readonly scheme: 'basic' | 'bearer';
  readonly parameters: Readonly<Record<string, string>>;
}

/** Reads the header `WWW-Authenticate`. @returns `undefined` where it asks for what is not known here */
export function parseChallenge(header: string): Challenge | undefined {
  const scheme = /^\s*(basic|bearer)\b/i.exec(header)?.[1]?.toLowerCase();
  if (scheme !== 'basic' && scheme !== 'bearer') return undefined;
  const pairs = header.matchAll(/(\w+)=(?:"([^"]*)"|([^\s,]+))/g);
  const parameters = Object.fromEntries([...pairs].map(([, name = '', quoted, bare]) => [name, quoted ?? bare ?? '']));
  return { scheme, parameters };
}

interface ChallengeContext {
  readonly credentials: RegistryCredentials | undefined;
  readonly scope: string;
  readonly url: URL;
  readonly signal: AbortSignal;
}

async function answerChallenge(challenge: Challenge, context: ChallengeContext): Promise<Token | undefined> {
  const { credentials } = context;
  if (challenge.scheme === 'bearer') return fetchToken(challenge.parameters, context);
  if (!credentials || !('username' in credentials)) return undefined;
  return { authorization: basic(credentials), expires: Number.POSITIVE_INFINITY };
}

/** @returns `undefined` where it gives none @throws where it cannot say */
async function fetchToken(
  { realm, service }: Challenge['parameters'],
  { credentials, scope, url, signal }: ChallengeContext,
): Promise<Token | undefined> {
  if (realm === undefined || !URL.canParse(realm)) return undefined;
  const address = new URL(realm);
  // A registry with TLS does not make the password travel without it.
  if (address.protocol !== 'https:' && credentials && url.protocol === 'https:') return undefined;
  const response =
    credentials && 'identityToken' in credentials
      ? await fetch(address, { method: 'POST', body: refreshForm(credentials.identityToken, service, scope), signal })
      : await fetch(withQuery(address, service, scope), {
          headers: credentials ? { Authorization: basic(credentials) } : {},
          signal,
        });
  if (!response.ok) {
    await response.body?.cancel();
    // It has not looked at the credentials.
    if (response.status === 429 || response.status >= 500) {
      throw new Error(`its token server answers with status ${response.status}`);
    }
    return undefined;
  }
  const { token, access_token, expires_in = SHORTEST_LIFE } = tokenSchema.parse(await response.json());
  const text = token ?? access_token;
  if (text === undefined) return undefined;
  return { authorization: `Bearer ${text}`, expires: Date.now() + (expires_in - MARGIN) * 1000 };
}

function withQuery(address: URL, service: string | undefined, scope: string): URL {
  if (service !== undefined) address.searchParams.set('service', service);
  address.searchParams.set('scope', scope);
  return address;
}

function refreshForm(identityToken: string, service: string | undefined, scope: string): URLSearchParams {
  return new URLSearchParams({
    grant_type: 'refresh_token',
    refresh_token: identityToken,
    client_id: 'zenml-workspace-server',
    service: service ?? '',
    scope,
  });
}

function basic({ username, password }: { readonly username: string; readonly password: string }): string {
  return `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`;
}
