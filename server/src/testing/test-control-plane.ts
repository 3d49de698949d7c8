import { once } from 'node:events';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';

/** A request that the control plane got. */
export interface Asked {
  readonly method: string;
  /** Path and query. */
  readonly url: string;
  readonly headers: IncomingMessage['headers'];
  readonly body: string;
}

/** An answer of the control plane: JSON, or a text as it is. */
export interface Told {
  readonly status: number;
  readonly body: unknown;
}

/**
 * Stands in for a control plane, which cannot run here: a server on loopback that speaks as much of its protocol as
 * ZenML 0.98.0 asks for (zen_server/auth.py, cloud_utils.py, rbac/zenml_cloud_rbac.py). That it speaks it as the real one
 * does is shown by the reference, which runs against it in test/control-plane/.
 */
export interface ControlPlane {
  readonly url: string;
  /** What was asked since the last call. */
  takeAsked(): Asked[];
  /** Whom each of its tokens stands for, or what asking for it answers. */
  readonly users: Map<string, Readonly<Record<string, unknown>> | Told>;
  stop(): Promise<void>;
}

/** Starts a control plane that knows nobody. */
export async function startControlPlane(): Promise<ControlPlane> {
  const users: ControlPlane['users'] = new Map();
  const asked: Asked[] = [];
  const server = createServer(async (request, response) => {
    const body = await textOf(request);
    const { method = '', url = '', headers } = request;
    asked.push({ method, url, headers, body });
    const told = tell(users, { method, url, headers, body });
    response.writeHead(told.status, { 'Content-Type': 'application/json' });
    response.end(typeof told.body === 'string' ? told.body : JSON.stringify(told.body));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    takeAsked: () => asked.splice(0),
    users,
    async stop() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

function tell(users: ControlPlane['users'], { url, headers }: Asked): Told {
  const { pathname } = new URL(url, 'http://localhost');
  if (pathname !== '/users/authorize_server') return { status: 404, body: { detail: 'Not Found' } };
  const user = users.get((headers.authorization ?? '').replace(/^Bearer /, ''));
  if (user === undefined) return { status: 401, body: { detail: 'Not authenticated' } };
  return isTold(user) ? user : { status: 200, body: user };
}

function isTold(value: Readonly<Record<string, unknown>> | Told): value is Told {
  return 'status' in value && 'body' in value;
}

async function textOf(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString('utf8');
}
