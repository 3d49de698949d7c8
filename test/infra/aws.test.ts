import assert from 'node:assert/strict';
import { delimiter } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { parse } from 'yaml';
import { toSettings } from '../../charts-ts/src/load-values.ts';
import { CommandedStack } from './cdktf-commands.ts';
import { findTools } from './provider.ts';
import { ACCEPTED, scan, scannerPrograms } from './scanner.ts';
import { seeServerOn } from './server-on-stack.ts';
import { readConfiguration, StackOnMoto, UNPROTECTED } from './stack-on-moto.ts';

const tools = await findTools();
const skip = typeof tools === 'string' && tools;

/** Opens a stack of a configuration file. */
function open(path: string): Promise<StackOnMoto> {
  assert.ok(typeof tools !== 'string');
  return StackOnMoto.open(readConfiguration(path), tools);
}

// They wait for most of their time: the provider does so for a minute at each step of a database. So those with replicas,
// which have twice as many, are applied unprotected.
describe('on AWS', { skip, concurrency: true }, () => {
  describe('the stack by default', { concurrency: false }, () => {
    let stack: StackOnMoto;
    before(async () => {
      stack = await open('infra/default.yaml');
    });
    after(() => stack?.close());

    test('stands up once, refuses to destroy data, and goes once it is told to let go of it', async () => {
      await stack.apply();
      const refused = await stack.terraform.try('destroy', '-auto-approve', '-input=false', '-refresh=false');
      assert.notEqual(refused.code, 0);
      assert.match(refused.output, /prevent_destroy/);
      await stack.unprotect();
      await stack.destroy();
    });
  });

  describe('examples/aws, in a network that is there', { concurrency: false }, () => {
    let stack: StackOnMoto;
    before(async () => {
      stack = await open('examples/aws/infra.yaml');
    });
    after(() => stack?.close());

    test('stands up once, with its state in a bucket', () =>
      stack.apply({ ...UNPROTECTED, secretsInSecretsManager: true }));

    test('gives the charts what the server starts with, on the database, the buckets and the images of the stack', () =>
      seeServerOn(stack));

    test('goes when it is told to', () => stack.destroy());
  });

  describe('examples/multi-region-read-replicas', { concurrency: false }, () => {
    let stack: StackOnMoto;
    before(async () => {
      stack = await open('examples/multi-region-read-replicas/infra.yaml');
    });
    after(() => stack?.close());

    test('stands up once in two regions, with a password that no state holds, and goes when it is told to', async () => {
      // With a network of its own it is all that there can be.
      const plan = await stack.plan({ network: undefined });
      const [faults] = await Promise.all([scannerPrograms && scan(plan, 'terraform_plan'), stack.apply(UNPROTECTED)]);
      // The scanner has nothing against the plan but what has a reason.
      if (faults) assert.deepEqual(faults, Object.keys(ACCEPTED.aws));
      const secrets = /"(password|password_wo|secret_string|secret_string_wo|random_password)": "[^"]+"/g;
      assert.deepEqual((await stack.terraform.do('state', 'pull')).match(secrets), null);
      await stack.destroy();
    });
  });

  describe('cdktf', { concurrency: false }, () => {
    const nodes = (process.env['ZENML_TEST_NODES'] ?? process.execPath).split(delimiter);
    const [oldest = '', newest = oldest] = nodes;
    let stack: CommandedStack;
    before(async () => {
      assert.ok(typeof tools !== 'string');
      stack = await CommandedStack.open(tools);
    });
    after(() => stack?.close());

    test('deploys, and its outputs make values; it destroys with another Node than it deployed', async () => {
      await stack.deploy(oldest);
      const settings = toSettings(parse(await stack.writeValues(oldest)));
      assert.match(
        settings.environment['ZENML_AWS_KUBERNETES_WORKLOAD_MANAGER_BUCKET'] ?? '',
        /-logs\/run-template-logs$/,
      );
      assert.match(await stack.destroy(newest), /Destroy complete! Resources: \d\d destroyed/);
    });
  });
});
