import { once } from 'node:events';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { z } from 'zod';

/** A secret as the stand-in keeps it. */
export interface KeptSecret {
  readonly labels: Readonly<Record<string, string>>;
  readonly versions: string[];
}

/** What answers in the place of Google's Secret Manager. */
export interface GoogleSecrets {
  readonly url: string;
  /** By name. */
  readonly secrets: ReadonlyMap<string, KeptSecret>;
  /** What the next requests are refused with. */
  readonly refuse: number[];
  stop(): Promise<void>;
}

const label = z.string().regex(/^[a-z0-9_-]{0,63}$/);
const newSecret = z.strictObject({
  replication: z.strictObject({ automatic: z.strictObject({}) }),
  labels: z.record(label, label),
});
const newVersion = z.strictObject({ payload: z.strictObject({ data: z.base64() }) });

class Refusal extends Error {
  readonly status: number;

  constructor(status: number, message: string) {
    super(message);
    this.status = status;
  }
}

/**
 * The part of Google's REST API v1 that the server uses, after its documentation: there is no emulator of Google's. It
 * refuses what the documentation does not have.
 */
export async function startGoogleSecrets(project: string, token: string): Promise<GoogleSecrets> {
  const secrets = new Map<string, KeptSecret>();
  const refuse: number[] = [];
  const find = (name: string): KeptSecret => {
    const secret = secrets.get(name);
    if (!secret) throw new Refusal(404, `Secret [projects/1/secrets/${name}] not found.`);
    return secret;
  };

  const answer = (method: string | undefined, url: URL, body: unknown): unknown => {
    const root = `/v1/projects/${project}/secrets`;
    const [, name = '', action = ''] = /^\/([\w-]+)((?::|\/).*)?$/.exec(url.pathname.slice(root.length)) ?? [];
    if (!url.pathname.startsWith(root)) throw new Refusal(403, 'Permission denied on resource project.');
    switch (`${method} ${name && 'NAME'}${action}`) {
      case 'POST ': {
        const id = z
          .string()
          .regex(/^[a-zA-Z0-9_-]{1,255}$/)
          .parse(url.searchParams.get('secretId'));
        if (secrets.has(id)) throw new Refusal(409, `Secret [projects/1/secrets/${id}] already exists.`);
        secrets.set(id, { labels: newSecret.parse(body).labels, versions: [] });
        return { name: `projects/1/secrets/${id}` };
      }
      case 'GET NAME':
        return { name: `projects/1/secrets/${name}`, labels: find(name).labels };
      case 'POST NAME:addVersion':
        find(name).versions.push(newVersion.parse(body).payload.data);
        return { name: `projects/1/secrets/${name}/versions/${find(name).versions.length}`, state: 'ENABLED' };
      case 'GET NAME/versions/latest:access': {
        const data = find(name).versions.at(-1);
        if (data === undefined) throw new Refusal(404, 'Secret Version [latest] not found.');
        return { name: `projects/1/secrets/${name}/versions/1`, payload: { data } };
      }
      case 'DELETE NAME':
        find(name);
        secrets.delete(name);
        return {};
      default:
        throw new Refusal(404, `${method} ${url.pathname} is not documented.`);
    }
  };

  const server = createServer(async (request, response) => {
    const send = (status: number, content: unknown) => {
      response.writeHead(status, { 'Content-Type': 'application/json' }).end(JSON.stringify(content));
    };
    try {
      const body = await read(request);
      const refused = refuse.shift();
      if (refused !== undefined) throw new Refusal(refused, 'Refused by the test.');
      if (request.headers.authorization !== `Bearer ${token}`) throw new Refusal(401, 'Invalid credentials.');
      send(200, answer(request.method, new URL(request.url ?? '/', 'http://localhost'), body));
    } catch (error) {
      const code = error instanceof Refusal ? error.status : 400;
      send(code, { error: { code, message: error instanceof Error ? error.message : String(error) } });
    }
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    secrets,
    refuse,
    async stop() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

async function read(request: IncomingMessage): Promise<unknown> {
  const text = Buffer.concat(await request.toArray()).toString('utf8');
  return text === '' ? undefined : JSON.parse(text);
}
