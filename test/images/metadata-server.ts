import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

/** Stands where Google's metadata server is on Google's machines, as far as tokens go. */
export interface MetadataServer {
  /** Host and port. */
  readonly host: string;
  readonly token: string;
  /** How often the token was asked for. */
  given(): number;
  /** What it was asked for last time. */
  scopes(): readonly string[];
  stop(): Promise<void>;
}

/** @param address of this machine by which it is reached */
export async function startMetadataServer(address: string): Promise<MetadataServer> {
  const token = 'ya29.token-of-tests';
  let given = 0;
  let scopes: readonly string[] = [];
  const server = createServer((request, response) => {
    const isAsked = request.headers['metadata-flavor'] === 'Google';
    response.setHeader('Metadata-Flavor', 'Google').setHeader('Content-Type', 'application/json');
    if (!isAsked) return response.writeHead(403).end();
    if (!request.url?.includes('/service-accounts/default/token')) return response.end('{}');
    given++;
    scopes = new URL(request.url, 'http://x').searchParams.get('scopes')?.split(',') ?? [];
    return response.end(JSON.stringify({ access_token: token, expires_in: 3599, token_type: 'Bearer' }));
  });
  await new Promise<void>((resolve) => server.listen(0, address, resolve));
  const { port } = server.address() as AddressInfo;
  return {
    host: `${address}:${port}`,
    token,
    given: () => given,
    scopes: () => scopes,
    async stop() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
