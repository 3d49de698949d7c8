import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { CreateRepositoryCommand, ECRClient } from '@aws-sdk/client-ecr';
import { GetSecretValueCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { openBucketStore } from '../../server/src/artifact-stores/bucket-store.ts';
import { loadConfig } from '../../server/src/config/config.ts';
import { keepLog } from './kept-log.ts';
import { keepSecret } from './kept-secret.ts';
import { prepareImage } from './prepared-image.ts';
import { ACCOUNT, REGION, type StackOnMoto } from './stack-on-moto.ts';
import { deploy, processEnvironment, runServerCommand, startServer } from './stack-server.ts';

const REGISTRY = `${ACCOUNT}.dkr.ecr.${REGION}.amazonaws.com/zenml`;
const ROLES = `arn:aws:iam::${ACCOUNT}:role`;
const LOGS = `s3://zenml-${ACCOUNT}-logs`;
const ARTIFACTS = `s3://zenml-${ACCOUNT}-artifacts`;

const ARTIFACT = `${ARTIFACTS}/trainer/model`;

/** Goes from the outputs of a stack to a server that runs with them, and looks at what it finds there. */
export async function seeServerOn(stack: StackOnMoto): Promise<void> {
  const pod = await deploy(stack, {
    ZENML_STORE_URL: `${process.env['ZENML_TEST_DATABASE_URL']}/zenml`,
    ZENML_SERVER_JWT_SECRET_KEY: randomBytes(32).toString('hex'),
    ZENML_SECRETS_STORE_ENCRYPTION_KEY: randomBytes(32).toString('hex'),
  });
  assert.equal(pod.roleArn, `${ROLES}/zenml-server`);
  assert.equal(pod.runnerRoleArn, `${ROLES}/zenml-runner`);
  const environment = await processEnvironment(pod, stack);
  await stack.moto.askPolicies(true);
  try {
    await seeServer(environment, stack.directory);
    const runner = { ...environment, AWS_ROLE_ARN: pod.runnerRoleArn };
    await withEnvironment(runner, seeRunnersArtifact);
    await withEnvironment(environment, () => seeBucketsAndImages(environment, stack.directory));
    await withEnvironment(environment, () => seeSecrets(environment));
  } finally {
    // Terraform comes with no identity that moto knows.
    await stack.moto.askPolicies(false);
  }
}

/** The server gets ready, and has nothing to say against what it was given. */
async function seeServer(environment: Record<string, string>, directory: string): Promise<void> {
  const server = await startServer(environment, join(directory, 'server.log'));
  try {
    // Of database, buckets and registry it has nothing to say.
    const { output } = await runServerCommand(environment, 'doctor');
    assert.match(output, /^error: The cluster at \S+ does not answer: .*\n {2}.*\n$/);
    const misnamed = { ...environment, ZENML_AWS_KUBERNETES_WORKLOAD_MANAGER_BUCKET: 's3://misnamed/logs' };
    assert.match((await runServerCommand(misnamed, 'doctor')).output, /^warning: The log store s3:\/\/misnamed\/logs/m);
  } finally {
    assert.equal(await server.stop(), 0);
  }
}

/** A runner writes and reads artifacts, and nothing of the logs. */
async function seeRunnersArtifact(): Promise<void> {
  const store = await openBucketStore(ARTIFACTS, REGION);
  await store.write(ARTIFACT, Buffer.from('model'));
  assert.equal(await text(await store.read(ARTIFACT)), 'model');
  const log = `${LOGS}/run-template-logs/log`;
  await assert.rejects(store.write(log, Buffer.from('line')), { name: 'AccessDenied' });
  await assert.rejects(store.read(log), { name: 'AccessDenied' });
}

/** The server keeps the values of secrets, and reads none but those that it has made: not its own keys, for one. */
async function seeSecrets(environment: Record<string, string>): Promise<void> {
  const config = loadConfig(environment);
  assert.equal(config.secretsStore.place.type, 'aws');
  const values = [{ password: 'first' }, { password: 'second' }];
  assert.deepEqual(await keepSecret(config, values), [...values, undefined]);
  const client = new SecretsManagerClient({ region: REGION });
  await assert.rejects(client.send(new GetSecretValueCommand({ SecretId: 'zenml/server' })), isRefusal);
}

/** What the server keeps and prepares lies in the stack, and its role reaches no further. */
async function seeBucketsAndImages(environment: Record<string, string>, directory: string): Promise<void> {
  const config = loadConfig(environment);
  const { objects, lines } = await keepLog(config, 'seq 1 3', directory);
  assert.deepEqual(lines, ['1', '2', '3']);
  assert.equal(objects.length, 1);
  for (const uri of objects) assert.ok(uri.startsWith(`${LOGS}/run-template-logs/`), uri);
  const store = await openBucketStore(LOGS, REGION);
  await assert.rejects(store.write(`${LOGS}/elsewhere/log`, Buffer.from('line')), { name: 'AccessDenied' });
  // Of a part that a dead replica had begun it must learn that there is none.
  assert.equal(await store.stat(`${LOGS}/run-template-logs/run/000001-never-written.log`), undefined);
  assert.equal(await text(await store.read(ARTIFACT)), 'model');
  await assert.rejects(store.write(ARTIFACT, Buffer.from('another')), { name: 'AccessDenied' });
  await store.remove(ARTIFACT);
  assert.deepEqual(await store.stat(ARTIFACT), undefined);

  const { problems, image, dockerConfig } = await prepareImage(config, REGION);
  assert.deepEqual(problems, []);
  assert.match(image, new RegExp(`^${REGISTRY}/zenml-runner:[0-9a-f]{24}$`));
  assert.match(String(dockerConfig), new RegExp(`"${ACCOUNT}.dkr.ecr.${REGION}.amazonaws.com"`));
  const ecr = new ECRClient({ region: REGION });
  await assert.rejects(ecr.send(new CreateRepositoryCommand({ repositoryName: 'another' })), isRefusal);
}

/** Moto says so in a format that AWS' SDK does not expect. */
function isRefusal({ $response }: { readonly $response?: { readonly statusCode?: number } }): boolean {
  return $response?.statusCode === 403;
}

/** Does what a process with these variables would do. */
async function withEnvironment(
  variables: Readonly<Record<string, string | undefined>>,
  work: () => Promise<void>,
): Promise<void> {
  const before = { ...process.env };
  Object.assign(process.env, variables);
  try {
    await work();
  } finally {
    for (const name of Object.keys(variables)) delete process.env[name];
    Object.assign(process.env, before);
  }
}
