import assert from 'node:assert/strict';
import { test } from 'node:test';
import { localUrl, parseOptions } from './options.mjs';

test('without options: loopback, 8080, the data directory of the user, a database of our own', () => {
  assert.deepEqual(parseOptions([], { XDG_DATA_HOME: '/data' }), {
    help: false,
    host: '127.0.0.1',
    port: 8080,
    dataDirectory: '/data/zenml-workspace-server',
    databaseUrl: undefined,
    dashboard: true,
  });
});

test('options win over variables', () => {
  const env = { ZENML_WORKSPACE_HOST: '::', ZENML_WORKSPACE_PORT: '1', ZENML_STORE_URL: 'mysql://environment/zenml' };
  assert.equal(parseOptions([], env).databaseUrl, env.ZENML_STORE_URL);
  const args = ['--host', '0.0.0.0', '--port', '9000', '--data-dir', '/d', '--database-url', 'mysql://own/zenml'];
  const options = parseOptions([...args, '--no-dashboard'], env);
  assert.deepEqual(options, {
    help: false,
    host: '0.0.0.0',
    port: 9000,
    dataDirectory: '/d',
    databaseUrl: 'mysql://own/zenml',
    dashboard: false,
  });
});

for (const [args, message] of [
  [['--port', 'http'], /from 1 to 65535, not "http"/],
  [['--port', '70000'], /from 1 to 65535/],
  [['--database-url', 'sqlite:///secret-path'], /must look like mysql:/],
  [['--potr', '1'], /Unknown option '--potr'/],
  [['surplus'], /surplus/],
]) {
  test(`refuses ${args.join(' ')}`, () => {
    assert.throws(() => parseOptions(args, {}), { message, exitCode: 2 });
  });
}

test('a refused database URL is not repeated: it may hold a password', () => {
  assert.throws(
    () => parseOptions(['--database-url', 'postgres://u:hunter2@h/d'], {}),
    (error) => !error.message.includes('hunter2'),
  );
});

test('all addresses are reached over loopback', () => {
  assert.equal(localUrl('0.0.0.0', 1), 'http://127.0.0.1:1');
  assert.equal(localUrl('::', 1), 'http://[::1]:1');
  assert.equal(localUrl('::1', 1), 'http://[::1]:1');
  assert.equal(localUrl('zenml.example', 1), 'http://zenml.example:1');
});
