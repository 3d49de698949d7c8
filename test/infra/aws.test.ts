import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { toSettings } from '../../charts-ts/src/load-values.ts';
import { type Moto, startMoto } from './moto.ts';
import { ACCEPTED, scan, scannerPrograms } from './scanner.ts';
import { forMoto, synthesize } from './synthesize.ts';
import { findProvider, findTerraform, Terraform } from './terraform.ts';

const python = process.env['ZENML_TEST_PYTHON'] ?? 'python3';
const program = findTerraform();
const mirror = findProvider('hashicorp/aws');
const missing = [
  ...(program === undefined ? ['terraform is not on PATH'] : []),
  ...(mirror === undefined ? ['no mirror holds hashicorp/aws: name one by TF_PLUGIN_MIRROR'] : []),
];
if (missing.length > 0) {
  process.stderr.write(`STACKS ARE NOT APPLIED: ${missing.join('; ')}. They are only synthesized.\n`);
}

const REGION = 'eu-central-1';
const CLUSTER = 'workspace';
const full = { cloud: 'aws', name: 'zenml', region: REGION, cluster: { name: CLUSTER } };
const withReplica = { ...full, name: 'replicated', network: { natPerZone: false }, database: { replicas: [{}] } };

/** What moto takes and does not give back: a second plan would set these again, and nothing else. */
const FORGOTTEN = {
  aws_db_instance: ['performance_insights_enabled', 'performance_insights_kms_key_id'],
  aws_db_parameter_group: ['parameter'],
  aws_vpc_security_group_ingress_rule: ['description'],
};

describe('a stack on AWS, applied by Terraform', { skip: missing.join('; ') || false }, () => {
  const directory = mkdtempSync(join(tmpdir(), 'infra-'));
  let moto: Moto;

  before(async () => {
    moto = await startMoto(python);
    await moto.makeCluster(CLUSTER, REGION);
  });

  after(async () => {
    await moto?.stop();
    rmSync(directory, { recursive: true, force: true });
  });

  function workspaceFor(name: string): Terraform {
    assert.ok(program !== undefined && mirror !== undefined);
    return new Terraform(program, join(directory, name), mirror, {
      AWS_ENDPOINT_URL: moto.url,
      AWS_ACCESS_KEY_ID: 'tests',
      AWS_SECRET_ACCESS_KEY: 'tests',
      AWS_REGION: REGION,
    });
  }

  const stackFor = (configuration: object) => forMoto(synthesize(configuration), mirror?.version ?? '');

  /** Applies a stack, and finds nothing to change afterwards. */
  async function applyTwice(terraform: Terraform, configuration: object): Promise<void> {
    terraform.use(stackFor(configuration));
    await terraform.do('init', '-input=false');
    await terraform.do('validate');
    await terraform.do('apply', '-auto-approve', '-input=false', '-parallelism=20');
    assert.deepEqual(await terraform.plannedChanges(), FORGOTTEN);
  }

  /** Takes a stack away as its users do: protection off first. */
  async function destroy(terraform: Terraform, configuration: object): Promise<void> {
    terraform.use(stackFor({ ...configuration, protectData: false }));
    await terraform.do('apply', '-auto-approve', '-input=false', '-parallelism=20');
    await terraform.do('destroy', '-auto-approve', '-input=false', '-parallelism=20');
    assert.equal((await terraform.do('state', 'list')).trim(), '');
  }

  test('is planned with nothing that the scanner has something against, but what has a reason', {
    skip: scannerPrograms === undefined && 'set ZENML_TEST_SCANNER_BIN',
  }, async () => {
    const terraform = workspaceFor('scanned');
    terraform.use(stackFor(full));
    await terraform.do('init', '-input=false');
    assert.deepEqual(await scan(await terraform.writePlan(), 'terraform_plan'), Object.keys(ACCEPTED.aws));
  });

  test('stands up once, feeds the charts, refuses to destroy data, and goes when it is told to', async () => {
    const terraform = workspaceFor('full');
    await applyTwice(terraform, full);

    const outputs = await terraform.outputs();
    const settings = toSettings(outputs['chart_values']);
    const role = 'arn:aws:iam::123456789012:role/zenml-server';
    assert.equal(settings.server.serviceAccount.annotations['eks.amazonaws.com/role-arn'], role);
    assert.equal(
      settings.environment['ZENML_AWS_KUBERNETES_WORKLOAD_MANAGER_BUCKET'],
      's3://zenml-123456789012-logs/run-template-logs',
    );
    assert.match(String(outputs['database_master_secret']), /^arn:aws:secretsmanager:/);

    const refused = await terraform.try('destroy', '-auto-approve', '-input=false');
    assert.notEqual(refused.code, 0);
    assert.match(refused.output, /prevent_destroy/);
    await destroy(terraform, full);
  });

  // Moto gives a replica the resource id of its source, under which the provider does not find it again: planned, not applied.
  test('is planned with a read replica, and with a password that no plan holds', async () => {
    const terraform = workspaceFor('replica');
    terraform.use(stackFor(withReplica));
    await terraform.do('init', '-input=false');
    await terraform.do('validate');
    const databases = await terraform.plannedValues('aws_db_instance');
    assert.equal(databases.length, 2);
    for (const { password, password_wo: written } of databases) assert.deepEqual([password, written], [null, null]);
  });
});
