import { Agent, request } from 'node:http';
import { type Json, type JsonReader, parseTelling } from './json.ts';

/** What a server answered: the JSON of its body, or its text where that is no JSON. */
export interface Answer {
  status: number;
  body: Json;
}

export interface HttpRequest {
  method: string;
  /** Path and query, from `/`. */
  path: string;
  headers?: Record<string, string>;
  /** As it is sent; the caller sets the content type. */
  body?: string | undefined;
}

const timeoutMilliseconds = 120_000;

/** One server over kept-alive connections. */
export class HttpClient {
  readonly url: URL;
  readonly #agent: Agent;
  readonly #read: JsonReader;

  /** @param read how answers are read: by default so that numbers keep their kind, which takes long */
  constructor(url: string, connections = 8, read: JsonReader = parseTelling) {
    this.url = new URL(url);
    this.#read = read;
    this.#agent = new Agent({ keepAlive: true, maxSockets: connections });
  }

  /** Sends a request and reads the whole answer as JSON. A network failure rejects. */
  async send(given: HttpRequest): Promise<Answer> {
    const { status, text } = await this.sendText(given);
    return { status, body: this.#parse(text) };
  }

  /** Like `send`, without parsing the body. */
  sendText(given: HttpRequest): Promise<{ status: number; text: string }> {
    const { hostname, port } = this.url;
    const length: Record<string, number> =
      given.body === undefined ? {} : { 'content-length': Buffer.byteLength(given.body) };
    const options = {
      hostname,
      port,
      agent: this.#agent,
      method: given.method,
      path: given.path,
      headers: { ...length, ...given.headers },
      timeout: timeoutMilliseconds,
    };
    return new Promise((resolve, reject) => {
      const sent = request(options, (response) => {
        const chunks: Buffer[] = [];
        response.on('data', (chunk: Buffer) => chunks.push(chunk));
        response.on('error', reject);
        response.on('end', () =>
          resolve({ status: response.statusCode ?? 0, text: Buffer.concat(chunks).toString('utf8') }),
        );
      });
      sent.on('timeout', () => sent.destroy(new Error(`${given.method} ${given.path}: no answer in time`)));
      sent.on('error', reject);
      sent.end(given.body);
    });
  }

  close(): void {
    this.#agent.destroy();
  }

  #parse(text: string): Json {
    if (text === '') return '';
    try {
      return this.#read(text);
    } catch {
      return text;
    }
  }
}

/** The headers of a logged-in user; throws where the server lets nobody in. */
export async function logIn(client: HttpClient, user: string, password: string): Promise<Record<string, string>> {
  const body = new URLSearchParams({ grant_type: 'password', username: user, password }).toString();
  const headers = { 'content-type': 'application/x-www-form-urlencoded' };
  const answer = await client.send({ method: 'POST', path: '/api/v1/login', headers, body });
  const token =
    typeof answer.body === 'object' && answer.body && 'access_token' in answer.body && answer.body.access_token;
  if (answer.status !== 200 || typeof token !== 'string')
    throw new Error(`${client.url.href}: login of ${user} answered ${answer.status}: ${JSON.stringify(answer.body)}`);
  return { authorization: `Bearer ${token}` };
}
