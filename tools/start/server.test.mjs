import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { freePort } from '../bootstrap/process.mjs';
import { scratchDirectory } from '../testing/scratch.mjs';
import { serverEnvironment, startServer } from './server.mjs';

const given = {
  host: '127.0.0.1',
  port: 8080,
  databaseUrl: 'mysql://zenml:generated@127.0.0.1:3306/zenml',
  userName: 'default',
  userPassword: 'generated',
  jwtSecretKey: 'generated',
  secretsEncryptionKey: 'generated',
};

test('what the caller sets reaches the server and wins over what is generated', () => {
  const env = {
    ZENML_SERVER_JWT_SECRET_KEY: 'own',
    ZENML_SERVER_AUTH_SCHEME: 'HTTP_BASIC',
    ZENML_STORE_URL: 'mysql://x/y',
  };
  const environment = serverEnvironment(given, env);
  assert.equal(environment.ZENML_SERVER_JWT_SECRET_KEY, 'own');
  assert.equal(environment.ZENML_SERVER_AUTH_SCHEME, 'HTTP_BASIC');
  assert.equal(environment.ZENML_SECRETS_STORE_ENCRYPTION_KEY, 'generated');
  assert.equal(environment.ZENML_STORE_URL, given.databaseUrl);
  assert.equal(environment.ZENML_WORKSPACE_PORT, '8080');
  assert.equal('ZENML_WORKSPACE_DASHBOARD_DIR' in environment, false);
});

/** A repository whose server is this program. */
function repositoryWith(main) {
  const root = scratchDirectory();
  mkdirSync(join(root, 'server', 'src'), { recursive: true });
  writeFileSync(join(root, 'server', 'src', 'main.ts'), main);
  return { root, log: join(root, 'server.log'), environment: process.env };
}

test('a server that refuses to start passes its exit code and its words on', async () => {
  const repository = repositoryWith('console.error("This database is newer"); process.exit(78);');
  const starting = startServer({ ...repository, url: `http://127.0.0.1:${await freePort()}` });
  await assert.rejects(starting, { exitCode: 78, message: /exit code 78\. The end of .*:\nThis database is newer/ });
});

test('a server is started once /ready says so', async () => {
  const port = await freePort();
  const main = `import { createServer } from 'node:http';
    let asked = 0;
    createServer((_request, response) => { response.statusCode = ++asked < 3 ? 503 : 200; response.end(String(asked)); })
      .listen(${port}, '127.0.0.1');
    process.on('SIGTERM', () => process.exit(0));`;
  const url = `http://127.0.0.1:${port}`;
  const server = await startServer({ ...repositoryWith(main), url });
  assert.equal(await (await fetch(`${url}/ready`)).text(), '4');
  assert.equal(await server.stop(), 0);
});
