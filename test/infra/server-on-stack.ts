import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { loadConfig } from '../../server/src/config/config.ts';
import { keepLog } from './kept-log.ts';
import { prepareImage } from './prepared-image.ts';
import { ACCOUNT, REGION, type StackOnMoto } from './stack-on-moto.ts';
import { deploy, processEnvironment, runServerCommand, startServer } from './stack-server.ts';

const REGISTRY = `${ACCOUNT}.dkr.ecr.${REGION}.amazonaws.com/zenml`;
const LOGS = `s3://zenml-${ACCOUNT}-logs/run-template-logs`;

/** Goes from the outputs of a stack to a server that runs with them, and looks at what it finds there. */
export async function seeServerOn(stack: StackOnMoto): Promise<void> {
  const pod = await deploy(stack, {
    ZENML_STORE_URL: `${process.env['ZENML_TEST_DATABASE_URL']}/zenml`,
    ZENML_SERVER_JWT_SECRET_KEY: randomBytes(32).toString('hex'),
    ZENML_SECRETS_STORE_ENCRYPTION_KEY: randomBytes(32).toString('hex'),
  });
  assert.equal(pod.roleArn, `arn:aws:iam::${ACCOUNT}:role/zenml-server`);
  const environment = await processEnvironment(pod, stack);
  const server = await startServer(environment, join(stack.directory, 'server.log'));
  try {
    // Of database, buckets and registry it has nothing to say.
    const { output } = await runServerCommand(environment, 'doctor');
    assert.match(output, /^error: The cluster at \S+ does not answer: .*\n {2}.*\n$/);
    const misnamed = { ...environment, ZENML_AWS_KUBERNETES_WORKLOAD_MANAGER_BUCKET: 's3://misnamed/logs' };
    assert.match((await runServerCommand(misnamed, 'doctor')).output, /^warning: The log store s3:\/\/misnamed\/logs/m);
  } finally {
    assert.equal(await server.stop(), 0);
  }
  await withEnvironment(environment, async () => {
    const config = loadConfig(environment);
    const { objects, lines } = await keepLog(config, 'seq 1 3', stack.directory);
    assert.deepEqual(lines, ['1', '2', '3']);
    assert.equal(objects.length, 1);
    for (const uri of objects) assert.ok(uri.startsWith(`${LOGS}/`), uri);

    const { problems, image, dockerConfig } = await prepareImage(config, REGION);
    assert.deepEqual(problems, []);
    assert.match(image, new RegExp(`^${REGISTRY}/zenml-runner:[0-9a-f]{24}$`));
    assert.match(String(dockerConfig), new RegExp(`"${ACCOUNT}.dkr.ecr.${REGION}.amazonaws.com"`));
  });
}

/** Does what a process with these variables would do. */
async function withEnvironment(variables: Readonly<Record<string, string>>, work: () => Promise<void>): Promise<void> {
  const before = { ...process.env };
  Object.assign(process.env, variables);
  try {
    await work();
  } finally {
    for (const name of Object.keys(variables)) delete process.env[name];
    Object.assign(process.env, before);
  }
}
