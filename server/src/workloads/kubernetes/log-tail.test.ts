import { answerWith, refusal, startTestApiServer } from '../../testing/test-api-server.ts';
import { readLogTail } from './log-tail.ts';

const TAIL = { namespace: 'runners', pod: 'w-1', container: 'runner', lines: 3, longestLine: 41 };
const STAMP = '2026-01-31T08:15:00.123456789Z';

test('of the last lines no more is held than what is given of them', async () => {
  const asked: (string | undefined)[] = [];
  const server = await startTestApiServer(({ url }, response) => {
    asked.push(url);
    response.write(`${STAMP} first\n${STAMP} `);
    response.write('x'.repeat(3 * 1024 * 1024));
    response.end(`\n${STAMP} last\n`);
  });
  expect(await readLogTail(server.cluster, TAIL)).toEqual(['first', `${'x'.repeat(10)}…`, 'last']);
  expect(asked).toEqual(['/api/v1/namespaces/runners/pods/w-1/log?timestamps=true&tailLines=3&container=runner']);
  await server.stop();
});

test('what the node says in place of a log that it no longer has is no line of it', async () => {
  const server = await startTestApiServer((_request, response) =>
    response.end(`${STAMP} last\nfailed to try resolving symlinks in path "/var/log/pods/0.log": no such file`),
  );
  expect(await readLogTail(server.cluster, TAIL)).toEqual(['last']);
  await server.stop();
});

test('a log that is not there is refused, as the cluster does', async () => {
  const server = await startTestApiServer((_request, response) =>
    answerWith(response, refusal(404, 'NotFound', 'pods "w-1" not found')),
  );
  await expect(readLogTail(server.cluster, TAIL)).rejects.toMatchObject({ code: 404 });
  await server.stop();
});
