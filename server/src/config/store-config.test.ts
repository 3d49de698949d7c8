import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createDatabase } from '../database/database.ts';
import { load, refusal } from '../testing/test-config.ts';

describe('the database', () => {
  test.each<[string, NodeJS.ProcessEnv, object]>([
    [
      'URL',
      {},
      { host: 'db', port: 3306, user: 'zen', password: 'pass', database: 'zenml', tls: undefined, poolSize: 20 },
    ],
    ['encoded password', { ZENML_STORE_URL: 'mysql://u:p%40%2F%3A%25@h:3307/d' }, { port: 3307, password: 'p@/:%' }],
    [
      'password that SQLAlchemy takes as it is',
      { ZENML_STORE_URL: 'mysql://u:p#?/:%@h/d' },
      { password: 'p#?/:%', host: 'h' },
    ],
    [
      'variables for what the URL lacks',
      {
        ZENML_STORE_URL: 'mysql://h',
        ZENML_STORE_USERNAME: 'u@x',
        ZENML_STORE_PASSWORD: 'p/',
        ZENML_STORE_DATABASE: 'd',
      },
      { user: 'u@x', password: 'p/', database: 'd' },
    ],
    [
      'URL before variables',
      { ZENML_STORE_USERNAME: 'u', ZENML_STORE_DATABASE: 'd' },
      { user: 'zen', database: 'zenml' },
    ],
    ['IPv6', { ZENML_STORE_URL: 'mysql://u:p@[::1]:3306/d' }, { host: '::1' }],
  ])('is reached by %s', (_title, env, expected) => {
    expect(load(env).store.database).toMatchObject(expected);
  });

  test.each([
    ['', /^is required: mysql:\/\/user/],
    ['sqlite:///zenml.db', /SQLite is not served/],
    ['postgres://u:p@h/d', /only MySQL/],
    ['mysql://u:p@h', /lacks its host, user or database/],
    ['mysql://u@h/d', /has no password/],
    ['mysql://u:p@h/d?charset=utf8', /not charset/],
  ])('is not reached by "%s"', (url, message) => {
    expect(refusal({ ZENML_STORE_URL: url }).mistakes).toEqual([
      { variable: 'ZENML_STORE_URL', message: expect.stringMatching(message) },
    ]);
  });

  describe('over TLS', () => {
    const pem = '-----BEGIN CERTIFICATE-----\nMII\n-----END CERTIFICATE-----\n';
    const directory = mkdtempSync(join(tmpdir(), 'config-'));
    const path = join(directory, 'ca.pem');
    beforeAll(() => writeFileSync(path, pem));
    afterAll(() => rmSync(directory, { recursive: true }));

    test.each<[string, () => NodeJS.ProcessEnv, object | undefined]>([
      ['without authority', () => ({ ZENML_STORE_SSL: 'true' }), { rejectUnauthorized: false, verifyIdentity: false }],
      ['switched off', () => ({ ZENML_STORE_SSL: 'false', ZENML_STORE_SSL_CA: path }), undefined],
      [
        'with a file',
        () => ({ ZENML_STORE_SSL_CA: path }),
        { ca: pem, rejectUnauthorized: true, verifyIdentity: false },
      ],
      ['with a text', () => ({ ZENML_STORE_SSL_CA: pem }), { ca: pem, rejectUnauthorized: true }],
      [
        'in the URL',
        () => ({ ZENML_STORE_URL: `mysql://u:p@h/d?ssl_ca=${path}&ssl_verify_server_cert=true` }),
        { ca: pem, verifyIdentity: true },
      ],
      [
        'by name',
        () => ({ ZENML_STORE_SSL_VERIFY_SERVER_CERT: '1' }),
        { rejectUnauthorized: true, verifyIdentity: true },
      ],
    ])('%s', (_title, env, expected) => {
      const { tls } = load(env()).store.database;
      if (expected) expect(tls).toMatchObject(expected);
      else expect(tls).toBeUndefined();
    });

    test('compares the certificate with a name only', () => {
      const env = { ZENML_STORE_URL: 'mysql://u:p@10.0.0.1/d?ssl=true&ssl_verify_server_cert=true' };
      expect(refusal(env).mistakes).toEqual([
        { variable: 'ZENML_STORE_SSL_VERIFY_SERVER_CERT', message: expect.stringContaining('host name') },
      ]);
    });

    test('opens a pool, although the configuration is frozen', async () => {
      await createDatabase(load({ ZENML_STORE_SSL: 'true' }).store.database).destroy();
    });

    test('needs certificates that can be read', () => {
      expect(refusal({ ZENML_STORE_SSL_CA: join(directory, 'absent.pem') }).mistakes).toEqual([
        { variable: 'ZENML_STORE_SSL_CA', message: expect.stringContaining('PEM') },
      ]);
      expect(refusal({ ZENML_STORE_SSL_CA: directory }).mistakes).toHaveLength(1);
    });
  });
});
