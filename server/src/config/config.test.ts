import { load, refusal, URL_VARIABLE } from '../testing/test-config.ts';
import type { Config } from './config.ts';
import { NO_EFFECT } from './no-effect.ts';
import { ALL_VARIABLES } from './sections.ts';
import { toHeaders } from './security-headers-config.ts';

const SECRET = 'hunter2"\\{hunter2';

describe('a value', () => {
  test.each<[string, string, (config: Config) => unknown, unknown]>([
    ['ZENML_WORKSPACE_PORT', ' 9000 ', (c) => c.process.port, 9000],
    ['ZENML_WORKSPACE_PORT', '', (c) => c.process.port, 8080],
    ['ZENML_WORKSPACE_PORT', 'tcp://10.0.0.1:80', (c) => c.process.port, 8080],
    ['ZENML_WORKSPACE_DRAIN_DELAY_SECONDS', '2.5', (c) => c.process.drainDelaySeconds, 2.5],
    ['ZENML_SERVER_RATE_LIMIT_ENABLED', 'Yes', (c) => c.auth.rateLimitEnabled, true],
    ['ZENML_SERVER_REQUEST_DEDUPLICATION', '0', (c) => c.http.idempotencyEnabled, false],
    ['ZENML_SERVER_CORS_ALLOW_ORIGINS', 'https://a, https://b', (c) => c.http.corsOrigins, ['https://a', 'https://b']],
    ['FORWARDED_ALLOW_IPS', '10.0.0.0/8, ::1', (c) => c.http.trustedProxies, ['10.0.0.0/8', '::1']],
    ['ZENML_SERVER_METADATA', '{"team": "ml"}', (c) => c.server.metadata, { team: 'ml' }],
    ['ZENML_SERVER_SERVER_URL', 'https://zenml.example/', (c) => c.server.serverUrl, 'https://zenml.example'],
    ['ZENML_SERVER_ROOT_URL_PATH', 'zenml/', (c) => c.http.rootPath, '/zenml'],
    ['ZENML_SERVER_MAX_CONCURRENT_TEMPLATE_RUNS', '7', (c) => c.workloads.maxConcurrentRuns, 7],
    ['ZENML_LOGGING_VERBOSITY', 'warning', (c) => c.log.level, 'warn'],
    ['ZENML_DEBUG', 'true', (c) => c.log.level, 'debug'],
    ['ZENML_SERVER_SECURE_HEADERS_XFO', 'off', (c) => c.securityHeaders.frameOptions, undefined],
    ['ZENML_SERVER_SECURE_HEADERS_XFO', 'on', (c) => c.securityHeaders.frameOptions, 'SAMEORIGIN'],
    ['ZENML_SERVER_SECURE_HEADERS_XFO', 'DENY', (c) => c.securityHeaders.frameOptions, 'DENY'],
    ['ZENML_SERVER_SECURE_HEADERS_SERVER', 'true', (c) => c.securityHeaders.server, true],
  ])('%s=%s is read', (name, value, read, expected) => {
    expect(read(load({ [name]: value }))).toEqual(expected);
  });

  test.each([
    ['ZENML_WORKSPACE_PORT', '65536', 'must be a whole number from 0 to 65535, not "65536".'],
    ['ZENML_WORKSPACE_PORT', '80.5', 'must be a whole number'],
    ['ZENML_SERVER_RATE_LIMIT_ENABLED', 'maybe', 'must be true or false, not "maybe".'],
    ['ZENML_SERVER_AUTH_SCHEME', 'OAUTH', 'must be one of OAUTH2_PASSWORD_BEARER,'],
    ['ZENML_SERVER_JWT_TOKEN_ALGORITHM', 'none', 'must be one of HS256, HS384, HS512'],
    ['FORWARDED_ALLOW_IPS', 'ingress', 'must be a list of IP addresses and networks such as 10.0.0.0/8'],
    ['FORWARDED_ALLOW_IPS', '10.0.0.0/33', 'must be a list of IP addresses'],
    ['ZENML_SERVER_METADATA', '{"a": 1}', 'must be a JSON object of texts'],
    ['ZENML_SERVER_SERVER_URL', 'ftp://host', 'must be an http:// or https:// address'],
    ['ZENML_SERVER_EXTERNAL_SERVER_ID', 'x', 'must be a UUID'],
    ['ZENML_SERVER_SECURE_HEADERS_CSP', 'a\r\nSet-Cookie: b', 'in one line'],
    ['ZENML_SERVER_API_TRANSACTION_CLEANUP_BATCH_SIZE', '10001', 'must be a whole number from 1 to 10000'],
    ['ZENML_SERVER_RBAC_IMPLEMENTATION_SOURCE', 'mine.RBAC', 'must be zenml.zen_server.rbac.'],
    ['ZENML_SECRETS_STORE_TYPE', 'azure', 'must be one of sql, aws, gcp, not "azure".'],
    ['ZENML_BACKUP_SECRETS_STORE_TYPE', 'sql', 'must not be sql where the first store is'],
    ['ZENML_STORE_TYPE', 'rest', 'must be sql, not "rest".'],
    [
      'ZENML_SERVER_GENERIC_API_TOKEN_LIFETIME',
      '9999999',
      'must not be above ZENML_SERVER_GENERIC_API_TOKEN_MAX_LIFETIME',
    ],
    ['ZENML_SERVER_AUTH_SCHEM', 'NO_AUTH', 'is unknown; is ZENML_SERVER_AUTH_SCHEME meant?'],
    ['ZENML_STORE_SOMETHING_ELSE_ALTOGETHER', '1', 'is unknown.'],
  ])('%s=%s is refused', (name, value, message) => {
    expect(refusal({ [name]: value }).mistakes).toEqual([
      { variable: name, message: expect.stringContaining(message) },
    ]);
  });

  test.each([
    [
      'ZENML_SERVER_API_TRANSACTION_CLEANUP_TIME_BUDGET',
      { ZENML_SERVER_API_TRANSACTION_CLEANUP_TIME_BUDGET: '5', ZENML_SERVER_API_TRANSACTION_CLEANUP_INTERVAL: '4' },
    ],
    [
      'ZENML_SERVER_EXTERNAL_LOGIN_URL',
      { ZENML_SERVER_AUTH_SCHEME: 'EXTERNAL', ZENML_SERVER_EXTERNAL_USER_INFO_URL: 'https://a' },
    ],
  ])('of %s must fit the others', (name, env) => {
    expect(refusal(env).mistakes.map(({ variable }) => variable)).toEqual([name]);
  });
});

describe('the configuration', () => {
  test('says all mistakes at once', () => {
    const { mistakes, message } = refusal({
      ZENML_STORE_URL: '',
      ZENML_WORKSPACE_PORT: 'x',
      ZENML_SERVER_AUTH_SCHEME: 'y',
      ZENML_SERVER_NAME: 'z',
    });
    const names = mistakes.map(({ variable }) => variable).sort();
    expect(names).toEqual(['ZENML_SERVER_AUTH_SCHEME', 'ZENML_SERVER_NAME', 'ZENML_STORE_URL', 'ZENML_WORKSPACE_PORT']);
    expect(message.split('\n')).toHaveLength(6);
  });

  test.each(ALL_VARIABLES.filter(({ secret }) => secret).map(({ name }) => name))('never shows %s', (name) => {
    const env = { ...URL_VARIABLE, ZENML_WORKSPACE_PORT: 'x', [name]: SECRET };
    const { message, mistakes } = refusal(env);
    expect(JSON.stringify({ message, mistakes })).not.toContain('hunter2');
  });

  test('never shows the password of a URL that is wrong elsewhere', () => {
    for (const url of [
      'postgres://u:hunter2@h/d',
      'mysql://u:hunter2@h',
      'mysql://u:hunter2@h/d?x=1',
      'mysql://u:hunter2@h:x/d',
      'hunter2',
    ]) {
      expect(refusal({ ZENML_STORE_URL: url }).message).not.toContain('hunter2');
    }
  });

  test('never shows the value of an unknown variable: it may be a misspelled secret', () => {
    expect(refusal({ ZENML_SERVER_JWT_SECRET: SECRET }).message).not.toContain('hunter2');
  });

  test('is frozen to its leaves', () => {
    const config = load({});
    expect(
      Object.isFrozen(config) && Object.isFrozen(config.store.database) && Object.isFrozen(config.http.corsOrigins),
    ).toBe(true);
    expect(() => Object.assign(config.store.database, { password: 'other' })).toThrow(TypeError);
    // Defaults are shared by every configuration of the process.
    expect(load({}).http.corsOrigins).toEqual(['*']);
  });

  test('accepts and warns of every variable without effect', () => {
    const names = NO_EFFECT.flatMap((ignored) => ignored.names);
    const { warnings } = load(Object.fromEntries(names.map((name) => [name, 'anything'])));
    for (const name of names)
      expect(warnings).toContainEqual(expect.stringMatching(new RegExp(`^${name} has no effect`)));
  });

  test('ignores what Kubernetes sets for Services of similar names', () => {
    const links = {
      ZENML_SERVER_SERVICE_HOST: '10.0.0.1',
      ZENML_SERVER_SERVICE_PORT: '80',
      ZENML_SERVER_SERVICE_PORT_HTTP: '80',
      ZENML_SERVER_PORT: 'tcp://10.0.0.1:80',
      ZENML_SERVER_PORT_80_TCP: 'tcp://10.0.0.1:80',
      ZENML_SERVER_PORT_80_TCP_PROTO: 'tcp',
      ZENML_SERVER_PORT_80_TCP_PORT: '80',
      ZENML_SERVER_PORT_80_TCP_ADDR: '10.0.0.1',
      ZENML_WORKSPACE_PORT: 'tcp://10.0.0.1:80',
    };
    expect(load(links).process.port).toBe(8080);
  });

  test('makes up a key for tokens, another one each time, and says so', () => {
    const [one, other] = [load({}), load({})];
    expect(one.auth.jwtSecretKey).toMatch(/^[0-9a-f]{64}$/);
    expect(one.auth.jwtSecretKey).not.toBe(other.auth.jwtSecretKey);
    expect(one.warnings.join()).toContain('ZENML_SERVER_JWT_SECRET_KEY is not set');
    expect(load({ ZENML_SERVER_JWT_SECRET_KEY: 'k'.repeat(32) }).warnings.join()).not.toContain('JWT_SECRET_KEY');
  });

  test('lets directives of a content security policy replace those of the default', () => {
    const { securityHeaders } = load({ ZENML_SERVER_SECURE_HEADERS_CSP: "connect-src 'self'; object-src 'none'" });
    expect(securityHeaders.contentSecurityPolicy).toContain("; connect-src 'self'; img-src");
    expect(securityHeaders.contentSecurityPolicy).toMatch(/; object-src 'none'$/);
    expect(toHeaders(securityHeaders, 'id')).toMatchObject({ Server: 'id', 'X-Frame-Options': 'SAMEORIGIN' });
  });
});

describe('a secrets store outside of the database', () => {
  const aws = (method: string, config: object) => ({
    ZENML_SECRETS_STORE_TYPE: 'aws',
    ZENML_SECRETS_STORE_AUTH_METHOD: method,
    ZENML_SECRETS_STORE_AUTH_CONFIG: JSON.stringify(config),
  });
  const region = 'eu-west-1';
  const keys = { aws_access_key_id: 'id', aws_secret_access_key: SECRET };
  const credentials = { accessKeyId: 'id', secretAccessKey: SECRET };
  const gcp = (method: string, config: object) => ({ ...aws(method, config), ZENML_SECRETS_STORE_TYPE: 'gcp' });
  const key = { type: 'service_account', project_id: 'of-the-key', private_key: SECRET };
  const asText = JSON.stringify(key);
  const asBase64 = Buffer.from(asText).toString('base64');

  test.each<[string, NodeJS.ProcessEnv, object]>([
    ['a role', aws('implicit', { region }), { region }],
    ['a profile', aws('implicit', { region, profile_name: 'zenml' }), { region, profile: 'zenml' }],
    ['keys', aws('secret-key', { region, ...keys }), { region, credentials }],
    [
      'a token',
      aws('sts-token', { region, ...keys, aws_session_token: 't' }),
      { region, credentials: { ...credentials, sessionToken: 't' } },
    ],
    ['the former region', { ZENML_SECRETS_STORE_TYPE: 'aws', ZENML_SECRETS_STORE_REGION_NAME: region }, { region }],
    [
      'the former keys',
      {
        ZENML_SECRETS_STORE_TYPE: 'aws',
        ZENML_SECRETS_STORE_REGION_NAME: region,
        ZENML_SECRETS_STORE_AWS_ACCESS_KEY_ID: 'id',
        ZENML_SECRETS_STORE_AWS_SECRET_ACCESS_KEY: SECRET,
      },
      { region, credentials },
    ],
    ['a service account of the pod', gcp('implicit', { project_id: 'p' }), { projectId: 'p' }],
    ['a key', gcp('service-account', { service_account_json: asText }), { projectId: 'of-the-key', credentials: key }],
    [
      'a key in base64, and the account that it acts as',
      gcp('impersonation', { project_id: 'p', service_account_json: asBase64, target_principal: 'a@b' }),
      { projectId: 'p', credentials: key, impersonate: 'a@b' },
    ],
    ['a token of Google', gcp('oauth2-token', { project_id: 'p', token: 't' }), { projectId: 'p', token: 't' }],
    [
      'the former project',
      { ZENML_SECRETS_STORE_TYPE: 'gcp', ZENML_SECRETS_STORE_PROJECT_ID: 'p' },
      { projectId: 'p' },
    ],
  ])('is reached with %s', (_what, env, place) => {
    const config = load(env);
    expect(config.secretsStore.place).toEqual({ type: env['ZENML_SECRETS_STORE_TYPE'], ...place });
    expect(config.warnings.join()).not.toContain('unencrypted');
  });

  test.each<[NodeJS.ProcessEnv, string, string]>([
    [
      { ZENML_SECRETS_STORE_TYPE: 'aws' },
      'AUTH_METHOD',
      'must be one of implicit, secret-key, sts-token, iam-role, session-token for',
    ],
    [aws('federation-token', { region }), 'AUTH_METHOD', 'not "federation-token".'],
    [aws('iam-role', { region, ...keys }), 'AUTH_CONFIG', 'must have role_arn for the method iam-role.'],
    [aws('implicit', {}), 'AUTH_CONFIG', 'must have region for the method implicit.'],
    [aws('secret-key', { region, aws_access_key_id: SECRET }), 'AUTH_CONFIG', 'must have aws_secret_access_key'],
    [gcp('secret-key', { project_id: 'p' }), 'AUTH_METHOD', 'must be one of implicit, user-account,'],
    [
      gcp('external-account', { external_account_json: SECRET }),
      'AUTH_CONFIG',
      'must have external_account_json, project_id',
    ],
    [{ ...aws('implicit', {}), ZENML_SECRETS_STORE_AUTH_CONFIG: SECRET }, 'AUTH_CONFIG', 'must be a JSON object.'],
  ])('%j is refused', (env, name, message) => {
    const error = refusal(env);
    expect(error.mistakes[0]).toEqual({
      variable: `ZENML_SECRETS_STORE_${name}`,
      message: expect.stringContaining(message),
    });
    expect(error.message).not.toContain('hunter2');
  });

  test('has a second one, with variables of its own', () => {
    const { secretsStore, warnings } = load({
      ...aws('implicit', { region }),
      ZENML_BACKUP_SECRETS_STORE_TYPE: 'sql',
      ZENML_BACKUP_SECRETS_STORE_ENCRYPTION_KEY: SECRET,
    });
    expect(secretsStore.backup).toEqual({ place: { type: 'sql' }, encryptionKey: SECRET });
    expect(warnings.join()).not.toContain('SECRETS_STORE');
    expect(load({ ZENML_BACKUP_SECRETS_STORE_REGION_NAME: region }).warnings.join()).toContain(
      'ZENML_BACKUP_SECRETS_STORE_REGION_NAME has no effect without ZENML_BACKUP_SECRETS_STORE_TYPE.',
    );
  });

  test('leaves what belongs to it without effect in the database, and says so', () => {
    expect(load({ ZENML_SECRETS_STORE_REGION_NAME: region }).warnings.join()).toContain(
      'ZENML_SECRETS_STORE_REGION_NAME has no effect on a secrets store of type sql.',
    );
  });
});

describe('a control plane', () => {
  const plane = {
    ZENML_SERVER_DEPLOYMENT_TYPE: 'cloud',
    ZENML_SERVER_PRO_API_URL: 'https://api.example/',
    ZENML_SERVER_PRO_DASHBOARD_URL: 'https://dashboard.example',
    ZENML_SERVER_PRO_OAUTH2_CLIENT_SECRET: 'secret',
    ZENML_SERVER_PRO_OAUTH2_AUDIENCE: 'audience',
    ZENML_SERVER_PRO_ORGANIZATION_ID: '11111111-1111-4111-8111-111111111111',
    ZENML_SERVER_PRO_WORKSPACE_ID: '22222222-2222-4222-8222-222222222222',
    ZENML_SERVER_PRO_WORKSPACE_NAME: 'ml',
  };

  test('takes over log-in and permissions', () => {
    const config = load(plane);
    expect(config.controlPlane).toMatchObject({ apiUrl: 'https://api.example', timeoutSeconds: 30 });
    expect(config.auth).toMatchObject({
      scheme: 'EXTERNAL',
      externalLoginUrl: 'https://dashboard.example/api/auth/login',
      externalUserInfoUrl: 'https://api.example/users/authorize_server',
      jwtExpireMinutes: 60,
    });
    expect(config.server).toMatchObject({
      externalServerId: plane.ZENML_SERVER_PRO_WORKSPACE_ID,
      dashboardUrl: 'https://dashboard.example/workspaces/ml',
      metadata: { workspace_name: 'ml', organization_id: plane.ZENML_SERVER_PRO_ORGANIZATION_ID },
    });
    expect(config.http.corsOrigins).toEqual(['https://dashboard.example', 'https://api.example']);
  });

  test('must be complete', () => {
    const { mistakes } = refusal({ ...plane, ZENML_SERVER_PRO_API_URL: '', ZENML_SERVER_PRO_WORKSPACE_ID: 'x' });
    expect(mistakes.map(({ variable }) => variable)).toEqual([
      'ZENML_SERVER_PRO_WORKSPACE_ID',
      'ZENML_SERVER_PRO_API_URL',
    ]);
  });
});
