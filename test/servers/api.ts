import { HttpClient, logIn } from './http-client.ts';
import type { Json } from './json.ts';
import { admin } from './servers.mjs';

/** A server's API for a user who has logged in. Everything but success is an error. */
export interface Api {
  /** Of a request that is sent otherwise. */
  readonly headers: Readonly<Record<string, string>>;
  get(path: string): Promise<Json>;
  post(path: string, body: Json): Promise<Json>;
  put(path: string, body: Json): Promise<Json>;
  close(): void;
}

/** Logs in, over at most `connections` connections that are kept alive. */
export async function connect(url: string, connections: number): Promise<Api> {
  const client = new HttpClient(url, connections);
  const headers = { ...(await logIn(client, admin.user, admin.password)), 'content-type': 'application/json' };
  const send = async (method: string, path: string, body?: Json): Promise<Json> => {
    const given = body === undefined ? undefined : JSON.stringify(body);
    const answer = await client.send({ method, path: `/api/v1${path}`, headers, body: given });
    if (answer.status === 200) return answer.body;
    throw new Error(`${method} ${path} of ${url}: ${answer.status} ${JSON.stringify(answer.body).slice(0, 500)}`);
  };
  return {
    headers,
    get: (path) => send('GET', path),
    post: (path, body) => send('POST', path, body),
    put: (path, body) => send('PUT', path, body),
    close: () => client.close(),
  };
}
