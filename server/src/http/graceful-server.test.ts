import { Agent, createServer, type IncomingMessage, request, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { drain, SERVER_OPTIONS } from './graceful-server.ts';

/** A server whose requests are answered by what `next` gives, and a client that keeps its connections. */
async function start() {
  const waiting: { request: IncomingMessage; response: ServerResponse }[] = [];
  const server = createServer(SERVER_OPTIONS, (incoming, response) => {
    if (incoming.url === '/slow') waiting.push({ request: incoming, response });
    else response.end();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const agent = new Agent({ keepAlive: true });
  const { port } = server.address() as AddressInfo;
  return { server, agent, waiting, get: (path: string) => get(port, agent, path) };
}

const get = (port: number, agent: Agent, path: string) =>
  new Promise<IncomingMessage['headers']>((resolve, reject) => {
    request({ port, host: '127.0.0.1', path, agent }, (answer) => {
      answer.resume().on('end', () => resolve(answer.headers));
    })
      .on('error', reject)
      .end();
  });

const until = async (holds: () => boolean) => {
  while (!holds()) await new Promise((resolve) => setTimeout(resolve, 5));
};

test('a connection outlives the idle time of load balancers', async () => {
  const { server, agent, get } = await start();
  expect(await get('/')).toMatchObject({ connection: 'keep-alive', 'keep-alive': 'timeout=620' });
  agent.destroy();
  server.close();
});

test('a query may be as long as ZenML’s own server takes it', async () => {
  const { server, agent, get } = await start();
  expect(await get(`/?id=${'x'.repeat(60_000)}`)).toMatchObject({ connection: 'keep-alive' });
  agent.destroy();
  server.close();
});

test('while it drains, a server answers and asks its clients to connect anew', async () => {
  const { server, agent, get } = await start();
  await get('/');
  const drained = drain(server, { delaySeconds: 0.3, timeoutSeconds: 5 });
  expect(await get('/')).toMatchObject({ connection: 'close' });
  expect(Object.values(agent.freeSockets).flat()).toEqual([]);
  expect(await drained).toBe(true);
  await expect(get('/')).rejects.toThrow('ECONNREFUSED');
});

test('a request that runs is finished', async () => {
  const { server, waiting, get } = await start();
  const answer = get('/slow');
  await until(() => waiting.length === 1);
  const drained = drain(server, { delaySeconds: 0, timeoutSeconds: 5 });
  await until(() => !server.listening);
  waiting[0]?.response.end();
  await answer;
  expect(await drained).toBe(true);
});

test('a request that does not end in time is cut', async () => {
  const { server, waiting, get } = await start();
  const cut = expect(get('/slow')).rejects.toThrow('socket hang up');
  await until(() => waiting.length === 1);
  expect(await drain(server, { delaySeconds: 0, timeoutSeconds: 0.1 })).toBe(false);
  await cut;
});
