import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { ACCEPTED, scan, scannerPrograms } from '../infra/scanner.ts';
import { synthesize } from '../infra/synthesize.ts';

test('the scanner has nothing against the stack on Google Cloud but what has a reason', {
  skip: scannerPrograms === undefined && 'set ZENML_TEST_SCANNER_BIN',
}, async () => {
  const directory = mkdtempSync(join(tmpdir(), 'infra-google-'));
  try {
    const file = join(directory, 'cdk.tf.json');
    const cluster = { nodeServiceAccount: 'nodes@my-project.iam.gserviceaccount.com' };
    const everything = { secretsInSecretsManager: true, cluster, database: { replicas: [{}] } };
    writeFileSync(file, JSON.stringify(synthesize({ cloud: 'google', project: 'my-project', ...everything }), null, 2));
    assert.deepEqual(await scan(file, 'terraform_json'), Object.keys(ACCEPTED.google));
  } finally {
    rmSync(directory, { recursive: true });
  }
});
