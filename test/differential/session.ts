import { type Answer, HttpClient, logIn } from '../servers/http-client.ts';
import { at, type Json } from '../servers/json.ts';

/** What one server gave for a request; undefined where it was not sent, for it names something the server never made. */
export type Given = Answer | undefined;

/** One request of a script and what each server answered, in the order of the servers. */
export interface Exchange {
  method: string;
  /** With placeholders for what the servers made themselves. */
  path: string;
  answers: Given[];
}

export interface RequestOptions {
  headers?: Record<string, string>;
  /** A body that is sent as it is, such as one that is no JSON. */
  raw?: string;
}

const placeholder = /\{\{(\d+):([^}]*)\}\}/g;
const apiPrefix = '/api/v1';

/** What a script knows of an answer: the first server's status, and placeholders for values that differ by server. */
export class Reply {
  readonly status: number;
  readonly body: Json;
  readonly #number: number;

  constructor(number: number, answer: Given) {
    this.#number = number;
    this.status = answer?.status ?? 0;
    this.body = answer?.body ?? null;
  }

  /**
   * Stands for the value at a path of the answer, such as `id` or `body.key`, on each server its own; with `?name` behind
   * the path for that parameter of a URL.
   */
  ref(path: string): string {
    return `{{${this.#number}:${path}}}`;
  }

  get id(): string {
    return this.ref('id');
  }
}

interface Party {
  client: HttpClient;
  answers: Given[];
  headers: Map<string, Record<string, string>>;
}

interface Shared {
  parties: Party[];
  observe: (exchange: Exchange) => void;
}

/**
 * Sends the same requests to one or more servers, in lockstep. What a server made itself (ids, keys, tokens) is named
 * by placeholders in later requests, so that one script serves all.
 */
export class Session {
  readonly #shared: Shared;
  readonly #identity: string;

  private constructor(shared: Shared, identity: string) {
    this.#shared = shared;
    this.#identity = identity;
  }

  /** Logs in on every server. */
  static async open(
    urls: string[],
    { user, password }: { user: string; password: string },
    observe: Shared['observe'] = () => {},
  ): Promise<Session> {
    const parties = urls.map((url) => ({ client: new HttpClient(url), answers: [], headers: new Map() }));
    const session = new Session({ parties, observe }, user);
    await session.#logIn(user, password);
    return session;
  }

  /** A session of another user; both go on side by side. */
  async as(user: string, password: string): Promise<Session> {
    const session = new Session(this.#shared, user);
    await session.#logIn(user, password);
    return session;
  }

  /** A session with other headers in place of a login; none for an anonymous caller. Values may hold placeholders. */
  with(name: string, headers: Record<string, string>): Session {
    for (const party of this.#shared.parties) party.headers.set(name, headers);
    return new Session(this.#shared, name);
  }

  get(path: string, options?: RequestOptions): Promise<Reply> {
    return this.send('GET', path, undefined, options);
  }

  post(path: string, body?: Json, options?: RequestOptions): Promise<Reply> {
    return this.send('POST', path, body, options);
  }

  put(path: string, body?: Json, options?: RequestOptions): Promise<Reply> {
    return this.send('PUT', path, body, options);
  }

  delete(path: string, body?: Json, options?: RequestOptions): Promise<Reply> {
    return this.send('DELETE', path, body, options);
  }

  async send(method: string, path: string, body?: Json, options: RequestOptions = {}): Promise<Reply> {
    const { parties, observe } = this.#shared;
    const full = path.startsWith('/api') || path === '/health' || path === '/ready' ? path : `${apiPrefix}${path}`;
    const number = parties[0]?.answers.length ?? 0;
    const answers = await Promise.all(parties.map((party) => this.#sendTo(party, method, full, body, options)));
    if (answers[0] === undefined) throw new Error(`${method} ${full} ${missingIn(parties[0], full, body)}`);
    parties.forEach((party, index) => {
      party.answers.push(answers[index]);
    });
    observe({ method, path: full, answers });
    return new Reply(number, answers[0]);
  }

  async #sendTo(party: Party, method: string, path: string, body: Json | undefined, options: RequestOptions) {
    const text = options.raw ?? (body === undefined ? undefined : JSON.stringify(body));
    const own = { ...party.headers.get(this.#identity), ...options.headers };
    const sent = fill(party, JSON.stringify({ path, headers: own }));
    const filled = text === undefined ? undefined : fill(party, text);
    if (sent === undefined || (text !== undefined && filled === undefined)) return undefined;
    const request: { path: string; headers: Record<string, string> } = JSON.parse(sent);
    const type: Record<string, string> = text === undefined ? {} : { 'content-type': 'application/json' };
    return party.client.send({ method, path: request.path, headers: { ...type, ...request.headers }, body: filled });
  }

  async #logIn(user: string, password: string): Promise<void> {
    for (const party of this.#shared.parties) {
      if (!party.headers.has(user)) party.headers.set(user, await logIn(party.client, user, password));
    }
  }

  close(): void {
    for (const { client } of this.#shared.parties) client.close();
  }
}

/** A script may only build on what the first server made: says what it did instead. */
function missingIn(party: Party | undefined, path: string, body: Json | undefined): string {
  const names = [...`${path} ${JSON.stringify(body)}`.matchAll(placeholder)];
  const number = names.map(([, found]) => Number(found)).find((found) => (party?.answers[found]?.status ?? 0) >= 300);
  return `builds on an answer that was ${JSON.stringify(number === undefined ? names : party?.answers[number])}`;
}

/** A text with this server's values for the placeholders; undefined where the server has no such value. */
function fill(party: Party, text: string): string | undefined {
  let missing = false;
  const filled = text.replace(placeholder, (_, number: string, path: string) => {
    const [place = '', parameter] = path.split('?');
    const found = at(party.answers[Number(number)]?.body, place);
    const value = parameter === undefined ? found : new URL(String(found), 'http://x').searchParams.get(parameter);
    if (typeof value !== 'string' && typeof value !== 'number') missing = true;
    return String(value);
  });
  return missing ? undefined : filled;
}
