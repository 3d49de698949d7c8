import { HttpClient, logIn } from './http-client.ts';
import { type Json, type JsonReader, parseTelling } from './json.ts';
import { admin } from './servers.mjs';

/** A server's API for a user who has logged in. Everything but success is an error. */
export interface Api {
  /** Of a request that is sent otherwise. */
  readonly headers: Readonly<Record<string, string>>;
  get(path: string): Promise<Json>;
  /** The whole answer as it came, unparsed. */
  getText(path: string): Promise<string>;
  post(path: string, body: Json): Promise<Json>;
  put(path: string, body: Json): Promise<Json>;
  close(): void;
}

/** Logs in, over at most `connections` connections that are kept alive; `read` reads the answers. */
export async function connect(url: string, connections: number, read: JsonReader = parseTelling): Promise<Api> {
  const client = new HttpClient(url, connections, read);
  const headers = { ...(await logIn(client, admin.user, admin.password)), 'content-type': 'application/json' };
  const sendText = async (method: string, path: string, body?: Json): Promise<string> => {
    const given = body === undefined ? undefined : JSON.stringify(body);
    const { status, text } = await client.sendText({ method, path: `/api/v1${path}`, headers, body: given });
    if (status === 200) return text;
    throw new Error(`${method} ${path} of ${url}: ${status} ${text.slice(0, 500)}`);
  };
  const send = async (method: string, path: string, body?: Json) => read(await sendText(method, path, body));
  return {
    headers,
    get: (path) => send('GET', path),
    getText: (path) => sendText('GET', path),
    post: (path, body) => send('POST', path, body),
    put: (path, body) => send('PUT', path, body),
    close: () => client.close(),
  };
}
