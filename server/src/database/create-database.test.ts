import { randomBytes } from 'node:crypto';
import { createDatabaseIfMissing } from './create-database.ts';
import type { DatabaseConfig } from './database.ts';
import { runOnServer, testDatabaseServer } from './testing/test-database.ts';

const server = testDatabaseServer();
const config: DatabaseConfig = { ...server, database: `zenml_test_${randomBytes(6).toString('hex')}` };

afterEach(() => runOnServer(server, `drop database if exists ${config.database}`));

test('a database is made where it is missing, and then left alone', async () => {
  expect(await createDatabaseIfMissing(config)).toBe(true);
  expect(await createDatabaseIfMissing(config)).toBe(false);
});

test('a user who may not make it is told what to do', async () => {
  const user = `u_${randomBytes(6).toString('hex')}`;
  await runOnServer(server, `create user ${user} identified by 'Secret-1'`);
  try {
    const refused = createDatabaseIfMissing({ ...config, user, password: 'Secret-1' });
    await expect(refused).rejects.toMatchObject({
      reason: 'missing',
      message: expect.stringContaining('CREATE DATABASE'),
    });
  } finally {
    await runOnServer(server, `drop user ${user}`);
  }
});

test('a wrong password is an error of its own', async () => {
  await expect(createDatabaseIfMissing({ ...config, password: 'wrong' })).rejects.toMatchObject({
    code: 'ER_ACCESS_DENIED_ERROR',
  });
});

test('one that does not answer is waited for by what mysql2 marks its error with', async () => {
  await expect(createDatabaseIfMissing({ ...config, port: 1 })).rejects.toMatchObject({
    code: 'ECONNREFUSED',
    fatal: true,
  });
});
