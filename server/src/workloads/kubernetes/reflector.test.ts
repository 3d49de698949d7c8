import { answerWith, refusal, startTestApiServer } from '../../testing/test-api-server.ts';
import { createDoubt } from './doubt.ts';
import { ForbiddenError, type Reflection, reflect } from './reflector.ts';

const IGNORED: Reflection<object> = {
  replace: () => undefined,
  upsert: () => undefined,
  remove: () => undefined,
  failed: () => undefined,
};

test.each([
  ['end at once', ''],
  [
    'end with an error',
    `${JSON.stringify({ type: 'ERROR', object: refusal(500, 'InternalError', 'etcdserver: no leader') })}\n`,
  ],
])('watches that %s are not taken up again without a pause', async (_what, events) => {
  let watches = 0;
  const server = await startTestApiServer((request, response) => {
    if (!request.url?.includes('watch=true'))
      return answerWith(response, { items: [], metadata: { resourceVersion: '1' } });
    watches += 1;
    response.end(events);
  });
  const { cluster } = server;
  const list = () => cluster.batch.listNamespacedJob({ namespace: 'runners' });
  const resource = { path: '/apis/batch/v1/namespaces/runners/jobs', labelSelector: '', doubt: createDoubt(), list };
  const ending = new AbortController();
  const reflecting = reflect(cluster, resource, IGNORED, ending.signal);
  // As many requests as somebody makes who makes no pauses.
  for (let count = 0; count < 100; count++) await list();
  ending.abort();
  await reflecting;
  await server.stop();
  expect(watches).toBeGreaterThan(0);
  expect(watches).toBeLessThan(10);
});

test('a watch on which nothing comes any more is taken up anew where it was, without a list', async () => {
  const asked: URLSearchParams[] = [];
  const event = { type: 'ADDED', object: { metadata: { name: 'w', resourceVersion: '2' } } };
  const ending = new AbortController();
  const server = await startTestApiServer((request, response) => {
    const query = new URL(request.url ?? '', 'http://cluster').searchParams;
    asked.push(query);
    if (!query.has('watch')) return answerWith(response, { items: [], metadata: { resourceVersion: '1' } });
    // The first one holds, and says no more; nor does the second say anything at all.
    if (query.get('resourceVersion') === '1') response.write(`${JSON.stringify(event)}\n`);
    if (asked.length === 4) ending.abort();
  });
  const list = () => server.cluster.batch.listNamespacedJob({ namespace: 'runners' });
  const resource = { path: '/apis/batch/v1/namespaces/runners/jobs', labelSelector: '', doubt: createDoubt(), list };
  const failures: unknown[] = [];
  const reflection = { ...IGNORED, failed: (error: unknown) => void failures.push(error) };
  await reflect(server.cluster, resource, reflection, ending.signal, 1_000);
  await server.stop();
  expect(asked.map((query) => query.get('resourceVersion'))).toEqual([null, '1', '2', '2']);
  expect(asked.at(-1)?.get('allowWatchBookmarks')).toBe('true');
  expect(failures).toEqual([]);
});

const UNKNOWN_ROLE = 'jobs.batch is forbidden: User "server" cannot list resource "jobs": RBAC: role "gone" not found';

/** Follows what an API server does not allow, because it does not find a role. @returns how it ends; that it asks again ends it */
async function followForbidden(patience: number): Promise<unknown> {
  const ending = new AbortController();
  const server = await startTestApiServer((_request, response) =>
    answerWith(response, refusal(403, 'Forbidden', UNKNOWN_ROLE)),
  );
  const { cluster } = server;
  const resource = {
    path: '/apis/batch/v1/namespaces/runners/jobs',
    labelSelector: '',
    doubt: createDoubt(patience),
    list: () => cluster.batch.listNamespacedJob({ namespace: 'runners' }),
  };
  const ended = await reflect(cluster, resource, { ...IGNORED, failed: () => ending.abort() }, ending.signal).catch(
    (error: unknown) => error,
  );
  await server.stop();
  return ended;
}

test('an API server that does not find a role is asked again: it may have just started', async () => {
  expect(await followForbidden(60_000)).toBeUndefined();
});

test('one that has not found it for long enough does not allow it: the binding has outlived its role', async () => {
  expect(await followForbidden(0)).toBeInstanceOf(ForbiddenError);
});
