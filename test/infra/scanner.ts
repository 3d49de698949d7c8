import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';

/** The folder of programs of a virtual environment with checkov; `undefined` where there is none. */
export const scannerPrograms = process.env['ZENML_TEST_SCANNER_BIN'];

interface Report {
  readonly results: { readonly failed_checks: readonly { readonly check_id: string }[] };
  readonly summary: { readonly passed: number; readonly parsing_errors: number };
}

/** Lets checkov look at a stack. @returns the ids of the checks that fail, each once, in their order */
export async function scan(file: string, framework: 'terraform_plan' | 'terraform_json'): Promise<string[]> {
  const args = ['--file', file, '--framework', framework, '--output', 'json', '--soft-fail', '--quiet'];
  const { stdout } = await promisify(execFile)(join(scannerPrograms ?? '', 'checkov'), args, {
    maxBuffer: 64 * 1024 * 1024,
  });
  const { results, summary }: Report = JSON.parse(stdout);
  // What it cannot read it would have nothing against.
  if (summary.parsing_errors > 0 || summary.passed < 20) throw new Error(`checkov did not read ${file}: ${stdout}`);
  return [...new Set(results.failed_checks.map(({ check_id: id }) => id))].sort();
}

/** What the stacks do without, and why. */
export const ACCEPTED = {
  aws: {
    CKV2_AWS_57:
      'the server’s keys are changed in steps, with two of them valid (docs/operations.md), which no timer can do',
    CKV2_AWS_62: 'nobody listens to the events of the buckets',
    CKV_AWS_144:
      'what is in the buckets is versioned; a copy in another region doubles its price and is the user’s choice',
    CKV_AWS_157: 'a read replica is in one zone; the database itself is in several',
    CKV_AWS_18: 'who reads what is recorded by CloudTrail, where an account wants that',
  },
  google: {
    CKV_GCP_6: '`ENCRYPTED_ONLY` refuses connections without TLS; the check also wants certificates of clients',
    CKV_GCP_62: 'who reads what is recorded by Cloud Audit Logs, where a project wants that',
    CKV_GCP_84: 'a key of one’s own is used where `encryptionKey` names it',
  },
} as const;
