import { answerWith, refusal, startTestApiServer } from '../../testing/test-api-server.ts';
import { type Reflection, reflect } from './reflector.ts';

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
  const resource = { path: '/apis/batch/v1/namespaces/runners/jobs', labelSelector: '', list };
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
