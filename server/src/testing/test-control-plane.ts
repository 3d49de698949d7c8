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
  /**
   * What users (by their ids here) may do: `ACTION RESOURCE`, where the resource is written as in a request, or is a type
   * or `*`. Who is not among them may do everything.
   */
  readonly grants: Map<string, ReadonlySet<string>>;
  /** Features of which the subscription has no more. */
  readonly usedUp: Set<string>;
  /** Answers the next requests to it otherwise, one each. */
  readonly failures: Told[];
  stop(): Promise<void>;
}

/** Starts a control plane that knows nobody. */
export async function startControlPlane(): Promise<ControlPlane> {
  const state: State = { users: new Map(), grants: new Map(), failures: [], usedUp: new Set(), token: 0 };
  const asked: Asked[] = [];
  const server = createServer(async (request, response) => {
    const body = await textOf(request);
    const { method = '', url = '', headers } = request;
    asked.push({ method, url, headers, body });
    const told = state.failures.shift() ?? tell(state, { method, url, headers, body });
    response.writeHead(told.status, { 'Content-Type': 'application/json' });
    response.end(typeof told.body === 'string' ? told.body : JSON.stringify(told.body));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    takeAsked: () => asked.splice(0),
    users: state.users,
    grants: state.grants,
    failures: state.failures,
    usedUp: state.usedUp,
    async stop() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

interface State extends Pick<ControlPlane, 'users' | 'grants' | 'failures' | 'usedUp'> {
  /** How many tokens servers were given; the last one is good. */
  token: number;
}

const NOT_AUTHENTICATED: Told = { status: 401, body: { detail: 'Not authenticated' } };
const DONE: Told = { status: 200, body: {} };

function tell(state: State, asked: Asked): Told {
  const { pathname, searchParams } = new URL(asked.url, 'http://localhost');
  const credential = (asked.headers.authorization ?? '').replace(/^Bearer /, '');
  if (pathname === '/users/authorize_server') {
    const user = state.users.get(credential) ?? NOT_AUTHENTICATED;
    return isTold(user) ? user : { status: 200, body: user };
  }
  if (pathname === '/auth/login') {
    const form = new URLSearchParams(asked.body);
    const key = form.get('password');
    // A client exchanges its key for a token; here the one is as good as the other.
    if (key !== null && state.users.has(key)) {
      return { status: 200, body: { access_token: key, token_type: 'bearer', expires_in: 3600 } };
    }
    if (form.get('client_secret') !== SERVER_SECRET) return NOT_AUTHENTICATED;
    state.token += 1;
    return { status: 200, body: { access_token: `server-${state.token}`, expires_in: 3600 } };
  }
  if (!/^server-\d+$/.test(credential)) return NOT_AUTHENTICATED;
  const grants = state.grants.get(searchParams.get('user_id') ?? '') ?? new Set(['* *']);
  const action = searchParams.get('action') ?? '';
  switch (`${asked.method} ${pathname}`) {
    case 'POST /rbac/check_permissions': {
      const resources = JSON.parse(asked.body) as string[];
      return {
        status: 200,
        body: Object.fromEntries(resources.map((each) => [each, isGranted(grants, action, each)])),
      };
    }
    case 'GET /rbac/allowed_resource_ids': {
      const resource = searchParams.get('resource') ?? '';
      const prefix = `${action} ${resource}/`;
      const ids = [...grants].filter((grant) => grant.startsWith(prefix)).map((grant) => grant.slice(prefix.length));
      return { status: 200, body: { full_access: isGranted(grants, action, resource), ids } };
    }
    default:
      if (!state.usedUp.has(/\/entitlement\/(.*)/.exec(pathname)?.[1] ?? '')) return DONE;
      return { status: 402, body: { detail: 'No more of it' } };
  }
}

/** The secret with which servers log in. */
export const SERVER_SECRET = 'secret of the server';

function isGranted(grants: ReadonlySet<string>, action: string, resource: string): boolean {
  const type = resource.replace(/^[^:]*:/, '').replace(/\/.*$/, '');
  const whole = resource.replace(/\/.*$/, '');
  return [resource, whole, type, '*'].some((what) => grants.has(`${action} ${what}`) || grants.has(`* ${what}`));
}

function isTold(value: Readonly<Record<string, unknown>> | Told): value is Told {
  return 'status' in value && 'body' in value;
}

async function textOf(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString('utf8');
}
