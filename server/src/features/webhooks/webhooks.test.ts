import { createHmac } from 'node:crypto';
import type { Model } from '../../contract/operation-types.ts';
import { startTestServer, type TestServer } from '../../testing/test-server.ts';

type Created = Model<'WebhookCreateResponse'>;

let server: TestServer;
beforeAll(async () => {
  server = await startTestServer();
});
afterAll(() => server.stop());

function create(name: string, more: object = {}) {
  return server.call<Created>('POST', '/webhooks', {
    project: server.projectId,
    name,
    webhook_type: 'custom',
    ...more,
  });
}

function send(id: string, body: string, secret: string, event = 'built'): Promise<Response> {
  const signature = `sha256=${createHmac('sha256', secret).update(body).digest('hex')}`;
  const headers = { 'x-zenml-signature-256': signature, 'x-zenml-event': event };
  return server.fetch(`/webhooks/custom/${id}/events`, { method: 'POST', body, headers });
}

describe('webhooks', () => {
  test('of one name are made once, whoever asks at the same time; the others leave no secret', async () => {
    const before = await countSecrets();
    const answers = await Promise.all([1, 2, 3, 4].map(() => create('contested')));
    expect(answers.map(({ status }) => status).sort()).toEqual([200, 409, 409, 409]);
    expect(await countSecrets()).toBe(before + 1);
    const made = answers.find(({ status }) => status === 200);
    expect(made?.body.secret).toMatch(/^[\w-]{43}$/);
    expect((await server.call('DELETE', `/webhooks/${made?.body.id}`)).status).toBe(200);
    expect(await countSecrets()).toBe(before);
  });

  test('read bodies of a limited size, and none where there is no webhook', async () => {
    const { body } = await create('large', { secret: 'key' });
    const sent = JSON.stringify({ a: 'x'.repeat(1_000_000) });
    expect((await send(body.id, sent, 'key')).status).toBe(413);
    expect((await send('00000000-0000-4000-8000-000000000000', sent, 'key')).status).toBe(404);
  });

  test('take what is signed with their secret, until it is replaced, and count', async () => {
    const { body } = await create('counted', { secret: 'first' });
    // Numbers and spaces as the provider wrote them: the signature is that of the bytes.
    const sent = '{ "a": 1.0,\n "b": "ü" }';
    expect((await send(body.id, sent, 'first')).status).toBe(202);
    expect((await send(body.id, sent, 'second')).status).toBe(401);
    await server.call('PUT', `/webhooks/${body.id}/secret`, { secret: 'second' });
    expect((await send(body.id, sent, 'first')).status).toBe(401);
    expect((await send(body.id, sent, 'second')).status).toBe(202);
    expect((await send(body.id, '[]', 'second')).status).toBe(400);
    await Promise.all(Array.from({ length: 5 }, () => send(body.id, sent, 'second')));
    await server.call('PUT', `/webhooks/${body.id}`, { active: false });
    expect((await send(body.id, sent, 'second')).status).toBe(409);
    const shown = await server.call<Created>('GET', `/webhooks/${body.id}`);
    expect(shown.body.metadata?.stats).toMatchObject({
      received_count: 10,
      accepted_count: 7,
      auth_failed_count: 2,
      invalid_payload_count: 1,
      last_error_summary: 'Request body must contain a top-level JSON object.',
    });
    expect(JSON.stringify(shown.body)).not.toContain('second');
  });

  test('go only when no trigger waits for them', async () => {
    const { body } = await create('waited-for');
    const trigger = await server.call('POST', '/triggers', {
      project: server.projectId,
      type: 'webhook',
      name: 'waits',
      webhook_id: body.id,
      configuration: {},
    });
    expect((await server.call('DELETE', `/webhooks/${body.id}`)).status).toBe(403);
    await server.call('DELETE', `/triggers/${trigger.body['id']}`);
    expect((await server.call('DELETE', `/webhooks/${body.id}`)).status).toBe(200);
    const { body: left } = await server.call<Model<'WebhookTriggerResponse'>>('GET', `/triggers/${trigger.body['id']}`);
    expect(left.body?.webhook_id).toBeNull();
  });
});

async function countSecrets(): Promise<number> {
  return (await server.database.db.selectFrom('secret').select('id').execute()).length;
}
