import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { after, before, describe, test } from 'node:test';
import { formatDockerConfig, parseDockerConfig } from '../../server/src/workloads/images/docker-config.ts';
import { type ImageReference, parseImage } from '../../server/src/workloads/images/image-reference.ts';
import { createRegistryClient } from '../../server/src/workloads/images/registry-client.ts';
import { makeCertificate, pushEmptyImage, startRegistry, type TestRegistry } from './registry.ts';
import { startTokenServer, type TokenServer } from './token-server.ts';

const USER = 'pusher';
const PASSWORD = 'pass:word';

function clientWith(registry: string, password: string | undefined) {
  const config = password === undefined ? undefined : parseDockerConfig(formatDockerConfig(registry, USER, password));
  return createRegistryClient({ findCredentials: async (image) => config?.find(image.registry, image.repository) });
}

function imageOf(name: string): ImageReference {
  const image = parseImage(name);
  assert.ok(image);
  return image;
}

describe('an open registry', () => {
  let registry: TestRegistry;
  before(async () => {
    registry = await startRegistry();
  });
  after(() => registry.stop());

  test('says what it has, by tag and by digest', async () => {
    const client = clientWith(registry.name, undefined);
    const digest = await pushEmptyImage(`${registry.name}/team/one:1`);
    assert.deepEqual(await client.hasImage(imageOf(`${registry.name}/team/one:1`)), { outcome: 'yes' });
    assert.deepEqual(await client.hasImage(imageOf(`${registry.name}/team/one@${digest}`)), { outcome: 'yes' });
    assert.deepEqual(await client.hasImage(imageOf(`${registry.name}/team/one:2`)), {
      outcome: 'no',
      message: 'has no `team/one:2`',
    });
    assert.deepEqual(await client.mayPush(imageOf(`${registry.name}/new:1`)), { outcome: 'yes' });
  });

  test('asks end with their signal', async () => {
    const asked = clientWith(registry.name, undefined).hasImage(imageOf(`${registry.name}/a:1`), AbortSignal.abort());
    await assert.rejects(asked, { name: 'AbortError' });
  });
});

test('a registry that is not there is unreachable', async () => {
  const registry = await startRegistry();
  await registry.stop();
  assert.deepEqual(await clientWith(registry.name, undefined).hasImage(imageOf(`${registry.name}/a:1`)), {
    outcome: 'unreachable',
    message: `cannot be reached: connect ECONNREFUSED ${registry.name}`,
  });
});

describe('a registry with a password', () => {
  let registry: TestRegistry;
  before(async () => {
    registry = await startRegistry({ username: USER, password: PASSWORD });
  });
  after(() => registry.stop());

  test('lets its user in', async () => {
    const image = `${registry.name}/one:1`;
    await pushEmptyImage(image, `Basic ${Buffer.from(`${USER}:${PASSWORD}`).toString('base64')}`);
    const client = clientWith(registry.name, PASSWORD);
    assert.deepEqual(await client.hasImage(imageOf(image)), { outcome: 'yes' });
    assert.deepEqual(await client.mayPush(imageOf(image)), { outcome: 'yes' });
  });

  for (const [who, password] of [
    ['somebody else', 'wrong'],
    ['nobody', undefined],
  ] as const) {
    test(`refuses ${who}`, async () => {
      const client = clientWith(registry.name, password);
      const refused = { outcome: 'refused', message: 'refuses the credentials (status 401)' };
      assert.deepEqual(await client.hasImage(imageOf(`${registry.name}/one:1`)), refused);
      assert.deepEqual(await client.mayPush(imageOf(`${registry.name}/one:1`)), refused);
    });
  }
});

describe('a registry with a token server', () => {
  let tokens: TokenServer;
  let registry: TestRegistry;
  before(async () => {
    tokens = await startTokenServer(USER, PASSWORD);
    registry = await startRegistry({ realm: tokens.realm, certificate: tokens.certificate });
  });
  after(async () => {
    await registry.stop();
    await tokens.stop();
  });

  test('is asked with tokens, which are used again', async () => {
    const client = clientWith(registry.name, PASSWORD);
    const image = imageOf(`${registry.name}/one:1`);
    assert.equal((await client.hasImage(image)).outcome, 'no');
    assert.equal((await client.hasImage(image)).outcome, 'no');
    assert.equal(tokens.issued(), 1);
    assert.deepEqual(await client.mayPush(image), { outcome: 'yes' });
    assert.deepEqual(await client.mayPush(image), { outcome: 'yes' });
    // To look, to push, and to give the push up.
    assert.equal(tokens.issued(), 3);
  });

  test('refuses whom the token server refuses', async () => {
    assert.equal(
      (await clientWith(registry.name, 'wrong').hasImage(imageOf(`${registry.name}/one:1`))).outcome,
      'refused',
    );
  });
});

for (const status of [429, 503]) {
  test(`a registry whose token server answers ${status} has not refused the credentials`, async () => {
    const busy = createServer((_request, response) => response.writeHead(status).end()).listen(0, '127.0.0.1');
    await once(busy, 'listening');
    const realm = `http://127.0.0.1:${(busy.address() as AddressInfo).port}/token`;
    const registry = await startRegistry({ realm, certificate: makeCertificate().certificate });
    try {
      const client = clientWith(registry.name, PASSWORD);
      const unreachable = {
        outcome: 'unreachable',
        message: `cannot be reached: its token server answers with status ${status}`,
      };
      assert.deepEqual(await client.hasImage(imageOf(`${registry.name}/one:1`)), unreachable);
      assert.deepEqual(await client.mayPush(imageOf(`${registry.name}/one:1`)), unreachable);
    } finally {
      await registry.stop();
      busy.closeAllConnections();
      busy.close();
    }
  });
}
