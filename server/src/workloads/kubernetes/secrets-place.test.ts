import { json } from 'node:stream/consumers';
import { answerWith, startTestApiServer } from '../../testing/test-api-server.ts';
import { createDoubt } from './doubt.ts';
import { createSecretsPlace } from './secrets-place.ts';

/** Where tokens go with a role that grants these verbs of Secrets. @param reason why it denies the others */
async function placeWith(granted: readonly string[], reason?: string, patience?: number) {
  const server = await startTestApiServer(async (request, response) => {
    const { spec } = (await json(request)) as { spec: { resourceAttributes: { verb: string } } };
    const allowed = granted.includes(spec.resourceAttributes.verb);
    answerWith(response, { status: { allowed, ...(!allowed && reason && { reason }) } });
  });
  try {
    return await createSecretsPlace(server.cluster, 'runners', createDoubt(patience))();
  } finally {
    await server.stop();
  }
}

test.each([
  ['create, get and delete', 'secret', ['create', 'get', 'delete']],
  ['nothing', 'environment', []],
  // The next try could not tell whose the Secret is that the one before has left.
  ['create alone', 'environment', ['create']],
  ['all but delete', 'environment', ['create', 'get']],
])('with %s of Secrets tokens go to the %s', async (_what, place, granted) => {
  expect(await placeWith(granted)).toBe(place);
});

const NOT_FOUND = 'RBAC: role.rbac.authorization.k8s.io "gone" not found';

test('where the cluster does not find a role it is asked again, until it has not for long enough', async () => {
  await expect(placeWith([], NOT_FOUND, 60_000)).rejects.toThrow(
    `The cluster cannot say whether the server may use Secrets: ${NOT_FOUND}`,
  );
  expect(await placeWith([], NOT_FOUND, 0)).toBe('environment');
});
