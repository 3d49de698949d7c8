import { setTimeout as sleep } from 'node:timers/promises';
import { ApiError, illegalOperation } from '../errors.ts';
import { parseJson } from '../json.ts';

/** How this server reaches its control plane. */
export interface ControlPlaneSettings {
  readonly apiUrl: string;
  /** The server's id there, which is its client id, too. */
  readonly serverId: string;
  readonly clientSecret: string;
  readonly audience: string;
  /** How long one try may take, and until when a request is tried again, milliseconds. */
  readonly timeout: number;
  /** What every request carries, to tell servers apart. */
  readonly headers: Readonly<Record<string, string>>;
}

/** A request to the control plane. */
export interface ControlPlaneRequest {
  /** A list is sent once for each of its values. */
  readonly params?: Readonly<Record<string, string | readonly string[]>>;
  /** Sent as JSON. */
  readonly body?: unknown;
}

/**
 * Sends a request as this server.
 * @returns the JSON of the answer
 * @throws ApiError IllegalOperationError 403, SubscriptionUpgradeRequiredError 402, RuntimeError 500 for all else
 */
export type AskControlPlane = (method: string, path: string, request?: ControlPlaneRequest) => Promise<unknown>;

/** Tokens are renewed this long before they end, milliseconds (ZenML 0.98.0 cloud_utils.py). */
const RENEWAL = 5 * 60_000;
/** Answers of a control plane that is busy or on its way back. */
const TRANSIENT = new Set([408, 429, 502, 503, 504]);
/** The longest first pause, milliseconds; doubled for each further one. */
const FIRST_PAUSE = 250;

interface Answer {
  readonly status: number;
  readonly text: string;
}

/** Makes a client that logs in by itself, and again when its token ends. */
export function createControlPlaneClient(settings: ControlPlaneSettings): AskControlPlane {
  const tokens = createTokenSource(settings);
  const send = async (method: string, path: string, { params, body }: ControlPlaneRequest): Promise<Answer> => {
    const init = {
      method,
      headers: {
        ...settings.headers,
        Authorization: `Bearer ${await tokens.get()}`,
        ...(body !== undefined && { 'Content-Type': 'application/json' }),
      },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    };
    return fetchPatiently(urlOf(settings.apiUrl + path, params), init, settings.timeout);
  };
  return async (method, path, request = {}) => {
    let answer = await send(method, path, request);
    if (answer.status === 401) {
      tokens.forget();
      answer = await send(method, path, request);
    }
    return readAnswer(answer, `${method} ${path}`);
  };
}

/** Gives a token that is good for some minutes yet; requests that come at once share one log-in. */
function createTokenSource({ apiUrl, serverId, clientSecret, audience, timeout, headers }: ControlPlaneSettings) {
  let current: { readonly token: Promise<string>; until: number } | undefined;
  const logIn = async (entry: { until: number }): Promise<string> => {
    const form = { client_id: serverId, client_secret: clientSecret, audience, grant_type: 'client_credentials' };
    const init = { method: 'POST', headers: { ...headers }, body: new URLSearchParams(form) };
    const { status, text } = await fetchPatiently(`${apiUrl}/auth/login`, init, timeout);
    const answer = status === 200 ? parseJson(text) : undefined;
    const token = memberOf(answer, 'access_token');
    const lifetime = memberOf(answer, 'expires_in');
    if (typeof token !== 'string' || token === '' || typeof lifetime !== 'number') {
      throw failure(`the log-in of this server was answered with ${status}`);
    }
    entry.until = Date.now() + lifetime * 1000 - RENEWAL;
    return token;
  };
  return {
    get(): Promise<string> {
      if (current && Date.now() < current.until) return current.token;
      // While it is being fetched, everybody waits for this one.
      const entry = { until: Number.POSITIVE_INFINITY };
      const token = logIn(entry);
      const mine = Object.assign(entry, { token });
      current = mine;
      token.catch(() => {
        if (current === mine) current = undefined;
      });
      return token;
    },
    forget(): void {
      current = undefined;
    },
  };
}

async function fetchPatiently(url: string, init: RequestInit, timeout: number): Promise<Answer> {
  const deadline = Date.now() + timeout;
  for (let pause = FIRST_PAUSE; ; pause *= 2) {
    const answer = await fetchOnce(url, init, timeout);
    const wait = Math.random() * pause;
    const again = 'cause' in answer || TRANSIENT.has(answer.status);
    if (again && Date.now() + wait < deadline) {
      await sleep(wait);
      continue;
    }
    if ('cause' in answer) throw failure('no connection, or no answer in time', answer.cause);
    return answer;
  }
}

async function fetchOnce(url: string, init: RequestInit, timeout: number): Promise<Answer | { cause: unknown }> {
  try {
    const response = await fetch(url, { ...init, signal: AbortSignal.timeout(timeout) });
    return { status: response.status, text: await response.text() };
  } catch (cause) {
    return { cause };
  }
}

function urlOf(address: string, params: ControlPlaneRequest['params'] = {}): string {
  const url = new URL(address);
  for (const [name, value] of Object.entries(params)) {
    for (const each of typeof value === 'string' ? [value] : value) url.searchParams.append(name, each);
  }
  return url.href;
}

function readAnswer({ status, text }: Answer, what: string): unknown {
  const body = parseJson(text);
  if (status >= 200 && status < 300) return body;
  const reason = typeof body === 'string' ? body : JSON.stringify(body ?? text);
  if (status === 402) throw new ApiError('SubscriptionUpgradeRequiredError', reason);
  if (status === 403) throw illegalOperation(reason);
  throw failure(`${what} was answered with ${status}`);
}

function failure(reason: string, cause?: unknown): ApiError {
  const message = `Failed while trying to contact the central zenml pro service: ${reason}`;
  return new ApiError('RuntimeError', message, { cause });
}

function memberOf(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null ? Reflect.get(value, name) : undefined;
}
