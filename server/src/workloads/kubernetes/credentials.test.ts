import { answerWith, startTestApiServer } from '../../testing/test-api-server.ts';

test('requests that come one after the other share connections', async () => {
  const server = await startTestApiServer((_request, response) => answerWith(response, { items: [] }));
  for (let count = 0; count < 20; count++) await server.cluster.core.listNamespacedPod({ namespace: 'runners' });
  // One may not be free yet when the next request comes.
  expect(server.connections()).toBeLessThan(5);
  await server.stop();
});
