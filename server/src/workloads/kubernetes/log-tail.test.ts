import { answerWith, refusal, startTestApiServer } from '../../testing/test-api-server.ts';
import { readLogTail } from './log-tail.ts';

const TAIL = { namespace: 'runners', pod: 'w-1', container: 'runner', lines: 3, longestLine: 10 };

test('of the last lines no more is held than what is given of them', async () => {
  const asked: (string | undefined)[] = [];
  const server = await startTestApiServer(({ url }, response) => {
    asked.push(url);
    response.write('first\n');
    response.write('x'.repeat(3 * 1024 * 1024));
    response.end('\nlast\n');
  });
  expect(await readLogTail(server.cluster, TAIL)).toEqual(['first', `${'x'.repeat(10)}…`, 'last']);
  expect(asked).toEqual(['/api/v1/namespaces/runners/pods/w-1/log?tailLines=3&container=runner']);
  await server.stop();
});

test('a log that is not there is refused, as the cluster does', async () => {
  const server = await startTestApiServer((_request, response) =>
    answerWith(response, refusal(404, 'NotFound', 'pods "w-1" not found')),
  );
  await expect(readLogTail(server.cluster, TAIL)).rejects.toMatchObject({ code: 404 });
  await server.stop();
});
