import { createPrivateKey, randomUUID } from 'node:crypto';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { SignJWT } from 'jose';
import { makeCertificate } from './registry.ts';

/** A server of Docker's token authentication, as hubs and cloud registries have one. */
export interface TokenServer {
  readonly realm: string;
  /** What its tokens are verified with. */
  readonly certificate: string;
  /** How many tokens it has issued. */
  issued(): number;
  stop(): Promise<void>;
}

/** Lets one user in, who may do what is asked for of these actions, and nobody else. */
export async function startTokenServer(
  username: string,
  password: string,
  allowed: readonly string[] = ['pull', 'push', 'delete'],
): Promise<TokenServer> {
  const { privateKey, certificate } = makeCertificate();
  const key = createPrivateKey(privateKey);
  const x5c = [certificate.replace(/-----[A-Z ]+-----|\s/g, '')];
  const expected = `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`;
  let issued = 0;
  const server = createServer(async (request, response) => {
    const parameters = new URL(request.url ?? '/', 'http://x').searchParams;
    if (request.headers.authorization !== expected) {
      response.writeHead(401).end();
      return;
    }
    const [type, name, actions = ''] = (parameters.get('scope') ?? '').split(':');
    const granted = actions.split(',').filter((action) => allowed.includes(action));
    const token = await new SignJWT({ access: [{ type, name, actions: granted }] })
      .setProtectedHeader({ alg: 'ES256', typ: 'JWT', x5c })
      .setIssuer('test')
      .setAudience(parameters.get('service') ?? '')
      .setSubject(username)
      .setJti(randomUUID())
      .setIssuedAt()
      .setNotBefore('0 s')
      .setExpirationTime('300 s')
      .sign(key);
    issued++;
    response.setHeader('Content-Type', 'application/json').end(JSON.stringify({ token, expires_in: 300 }));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    realm: `http://127.0.0.1:${port}/token`,
    certificate,
    issued: () => issued,
    async stop() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
