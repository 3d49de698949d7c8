import { startTestServer, type TestServer } from '../testing/test-server.ts';
import { rotateSecrets } from './rotation.ts';
import { createChangingCipher, createValueCipher } from './value-cipher.ts';

let server: TestServer;
beforeAll(async () => {
  server = await startTestServer();
});
afterAll(() => server.stop());

/** What the server of the tests encrypts with. */
const OLD = 'test key';

async function storedValues(): Promise<string[]> {
  const rows = await server.database.db.selectFrom('secret').select('values').orderBy('name').execute();
  return rows.map(({ values }) => values ?? '');
}

test('all secrets are read with the new key afterwards, and a second time changes nothing', async () => {
  for (const name of ['one', 'two'])
    await server.call('POST', '/secrets', { name, values: { password: `of ${name}` } });
  const { db } = server.database;
  expect(await rotateSecrets(db, 'new key', OLD)).toEqual({ rotated: 2, kept: 0 });
  const stored = await storedValues();
  const texts = stored.map((text) => JSON.parse(createValueCipher('new key').decode(text)));
  expect(texts).toEqual([{ password: 'of one' }, { password: 'of two' }]);
  expect(await rotateSecrets(db, 'new key', OLD)).toEqual({ rotated: 0, kept: 2 });
  expect(await storedValues()).toEqual(stored);
});

test('nothing is changed where one of them cannot be read', async () => {
  await server.call('POST', '/secrets', { name: 'zero', values: { password: 'under the old key' } });
  const before = await storedValues();
  await expect(rotateSecrets(server.database.db, 'third key', 'new key')).rejects.toThrow(
    /^Neither key reads zero \(.*\): nothing was changed\.$/,
  );
  expect(await storedValues()).toEqual(before);
});

test('servers that know both keys read what either has written', () => {
  const [old, next] = [createValueCipher('old'), createValueCipher('new')];
  const changing = createChangingCipher(next, old);
  expect([changing.decode(old.encode('a')), changing.decode(next.encode('b'))]).toEqual(['a', 'b']);
  expect(next.decode(changing.encode('c'))).toBe('c');
});
