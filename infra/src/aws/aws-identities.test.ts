import { synthesize } from '../testing.ts';
import { full, network, ownLogs, plain } from './test-configurations.ts';

describe('identities on AWS', () => {
  const stack = synthesize(full);
  const actionsOf = (name: string) => stack.statements('aws_iam_role_policy', name).flatMap(({ Action }) => Action);

  test.each([
    ['server', 'zenml:zenml-workspace-server'],
    ['runner', 'zenml-workspace-namespace:zenml-workspace-service-account'],
    ['secrets-operator', 'external-secrets:external-secrets'],
  ])('%s is one service account of the cluster', (name, account) => {
    const [trust] = stack.statements('aws_iam_role', name, 'assume_role_policy');
    expect(trust?.Action).toEqual(['sts:AssumeRoleWithWebIdentity']);
    expect(trust?.Principal).toEqual({ Federated: expect.stringContaining(':oidc-provider/') });
    expect(Object.keys(trust?.Condition ?? {})).toEqual(['StringEquals']);
    const conditions = Object.entries(trust?.Condition?.['StringEquals'] ?? {});
    expect(conditions).toEqual([
      [expect.stringMatching(/\}:sub$/), `system:serviceaccount:${account}`],
      [expect.stringMatching(/\}:aud$/), 'sts.amazonaws.com'],
    ]);
  });

  test('nothing is allowed on everything but the log-in to the registry, and no action is a pattern', () => {
    for (const name of ['server', 'runner', 'secrets-operator']) {
      for (const { Sid, Effect, Action, Resource } of stack.statements('aws_iam_role_policy', name)) {
        expect(Effect).toBe('Allow');
        for (const action of Action) expect(action).not.toContain('*');
        if (Resource?.includes('*')) expect([Sid, Action]).toEqual(['LogInToRegistry', ['ecr:GetAuthorizationToken']]);
      }
    }
  });

  test('the server may what docs/workload-managers.md lists', () => {
    expect(actionsOf('server').sort()).toEqual(
      [
        ...['GetAuthorizationToken', 'DescribeRepositories', 'BatchCheckLayerAvailability', 'GetDownloadUrlForLayer'],
        ...[
          'BatchGetImage',
          'BatchGetImage',
          'InitiateLayerUpload',
          'UploadLayerPart',
          'CompleteLayerUpload',
          'PutImage',
        ],
      ]
        .map((action) => `ecr:${action}`)
        .concat('s3:PutObject', 's3:GetObject', 's3:ListBucket', 's3:GetObject', 's3:DeleteObject', 's3:ListBucket')
        .concat('kms:Decrypt', 'kms:GenerateDataKey')
        .sort(),
    );
  });

  test('the runner pushes no image, reads no secret and reaches no log', () => {
    const statements = stack.statements('aws_iam_role_policy', 'runner');
    expect(actionsOf('runner')).not.toContain('ecr:PutImage');
    expect(JSON.stringify(statements)).not.toMatch(/secretsmanager|\.logs_bucket/);
  });

  test('only the secrets operator reads the secret of the server', () => {
    expect(actionsOf('server').join()).not.toContain('secretsmanager');
    expect(actionsOf('secrets-operator')).toContain('secretsmanager:GetSecretValue');
  });

  test('the server keeps secrets in Secrets Manager where that is wanted, and reaches none that is not named as these', () => {
    const other = synthesize({ ...full, secretsInSecretsManager: true });
    const kept = other.statements('aws_iam_role_policy', 'server').find(({ Sid }) => Sid === 'KeepSecrets');
    expect(kept?.Action.map((action) => action.replace('secretsmanager:', ''))).toEqual([
      ...['CreateSecret', 'TagResource', 'GetSecretValue', 'DescribeSecret', 'PutSecretValue', 'DeleteSecret'],
    ]);
    const [arn = ''] = kept?.Resource ?? [];
    expect(arn).toMatch(/:secretsmanager:eu-central-1:.*:secret:zenml\//);
    const pattern = new RegExp(`^${arn.slice(arn.indexOf(':secret:')).replaceAll('?', '.').replace('*', '.*')}$`);
    const secret = ':secret:zenml/0a1b2c3d-0000-4000-8000-0123456789ab';
    for (const name of [secret, `${secret}-AbCdEf`]) expect(name).toMatch(pattern);
    expect(':secret:zenml/server-AbCdEf').not.toMatch(pattern);
    expect(other.chartValues()).toMatchObject({
      server: {
        environment: { ZENML_SECRETS_STORE_TYPE: 'aws', ZENML_SECRETS_STORE_REGION_NAME: 'eu-central-1' },
      },
    });
  });

  test('the server only looks images up where none is built', () => {
    const other = synthesize({ ...full, buildRunnerImages: false });
    const actions = other.statements('aws_iam_role_policy', 'server').flatMap(({ Action }) => Action);
    expect(actions.filter((action) => action.startsWith('ecr:'))).toEqual(['ecr:BatchGetImage']);
  });

  test('the server sees no names of the bucket of logs but those of its own', () => {
    const list = stack.statements('aws_iam_role_policy', 'server').find(({ Sid }) => Sid === 'ListLogs');
    expect(list?.Condition).toEqual({ StringLike: { 's3:prefix': 'run-template-logs/*' } });
  });

  test.each([
    ['server', 's3'],
    ['runner', 's3'],
    ['secrets-operator', 'secretsmanager'],
  ])('%s uses the key through %s alone', (name, service) => {
    const keyed = stack
      .statements('aws_iam_role_policy', name)
      .filter(({ Action }) => Action.some((action) => action.startsWith('kms:')));
    expect(keyed).toHaveLength(1);
    expect(keyed[0]?.Condition).toEqual({
      StringEquals: {
        'kms:ViaService': expect.stringMatching(`^${service}\\.eu-central-1\\.\\$\\{.*\\.dns_suffix\\}$`),
      },
    });
  });
});

describe('services of AWS', () => {
  const replicas = [{}, { region: 'eu-west-1', ...network, databaseClients: ['10.60.0.0/16'] }];
  const stack = synthesize({ ...full, database: { replicas } });
  const ofDatabase = (name: string, region = 'eu-central-1') =>
    expect.stringMatching(new RegExp(`^arn:.*:rds:${region}:.*:db:${name}$`));

  test('RDS reports what these databases do, and lends the role to no other', () => {
    const [trust] = stack.statements('aws_iam_role', 'monitoring', 'assume_role_policy');
    expect(trust?.Condition).toEqual({
      StringEquals: { 'aws:SourceAccount': expect.stringMatching(/\.account_id\}$/) },
      ArnEquals: {
        'aws:SourceArn': [
          ofDatabase('zenml'),
          ofDatabase('zenml-replica-1'),
          ofDatabase('zenml-replica-2', 'eu-west-1'),
        ],
      },
    });
  });

  test('use the key of a region for the logs of its databases, and for records of a network that is made', () => {
    const uses = (part: string, { statements } = stack) =>
      statements('aws_kms_key', part).flatMap(({ Sid, Condition }) => (Condition ? [[Sid, Condition]] : []));
    const logsOf = (region: string, ...names: string[]) => {
      const groups = names.map((name) =>
        expect.stringMatching(new RegExp(`^arn:.*:logs:${region}:.*:log-group:/aws/rds/instance/${name}/\\*$`)),
      );
      return ['LogsOfTheDatabase', { ArnLike: { 'kms:EncryptionContext:aws:logs:arn': groups } }];
    };
    expect(uses('key', synthesize({ ...full, network, database: { existing: { host: 'h' } } }))).toEqual([]);
    expect(uses('eu-west-1')).toEqual([logsOf('eu-west-1', 'zenml-replica-2')]);
    expect(uses('key', synthesize(plain))).toEqual([
      ['FlowLogsOfTheNetwork', ownLogs],
      logsOf('eu-central-1', 'zenml'),
    ]);
  });

  test('keep the logs of every database for a time, under the key of its region', () => {
    const groups = stack.all('aws_cloudwatch_log_group');
    expect(groups.map(({ name }) => name)).toEqual(
      ['zenml', 'zenml-replica-1', 'zenml-replica-2'].flatMap((name) =>
        ['error', 'slowquery'].map((log) => `/aws/rds/instance/${name}/${log}`),
      ),
    );
    for (const group of groups) {
      expect(group).toMatchObject({ retention_in_days: 365, kms_key_id: expect.stringMatching(/^\$\{aws_kms_key\./) });
    }
    expect(groups.at(-1)).toMatchObject({
      provider: 'aws.eu-west-1',
      kms_key_id: expect.stringMatching(/aws_kms_key\.eu-west-1/),
    });
  });
});
