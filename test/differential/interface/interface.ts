import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { readContract } from '../../../server/src/contract/document.ts';
import { type ServedBy, servedDocument } from '../../../server/src/contract/served-document.ts';
import type { Json } from '../../servers/json.ts';
import { referencePrograms, withoutZenml } from '../../servers/servers.mjs';
import type { Report } from '../report.ts';
import { differingMembers } from './documents.ts';
import { differingVariables } from './variables.ts';

interface Mode {
  readonly served: Partial<ServedBy>;
  /** What configures the reference so. */
  readonly environment: Readonly<Record<string, string>>;
}

const PRO = 'http://pro.example.com';
const WORKLOAD_MANAGERS = 'zenml.zen_server.pipeline_execution';

/** What decides which operations there are, each alone. */
const MODES: Readonly<Record<string, Mode>> = {
  default: { served: {}, environment: {} },
  'with a workload manager': {
    served: { workloadManager: true },
    environment: {
      ZENML_SERVER_WORKLOAD_MANAGER_IMPLEMENTATION_SOURCE: `${WORKLOAD_MANAGERS}.in_memory_workload_manager.InMemoryWorkloadManager`,
    },
  },
  'with users of a control plane': {
    served: { externalAuthentication: true },
    environment: {
      ZENML_SERVER_AUTH_SCHEME: 'EXTERNAL',
      ZENML_SERVER_EXTERNAL_LOGIN_URL: `${PRO}/login`,
      ZENML_SERVER_EXTERNAL_USER_INFO_URL: `${PRO}/user`,
    },
  },
  'with settings of a control plane': {
    served: { externalServerId: true },
    environment: { ZENML_SERVER_EXTERNAL_SERVER_ID: '5a1e6f3c-7d0b-4c58-9f0e-2b6a4d8c1e37' },
  },
  'with permissions of a control plane': {
    served: { rbac: true },
    environment: { ZENML_SERVER_RBAC_IMPLEMENTATION_SOURCE: 'zenml.zen_server.rbac.zenml_cloud_rbac.ZenMLCloudRBAC' },
  },
};
const WITHOUT_ALL: ServedBy = {
  workloadManager: false,
  rbac: false,
  externalAuthentication: false,
  externalServerId: false,
};

interface ReferenceFacts {
  readonly variables: Readonly<Record<string, Json>>;
  readonly documents: Readonly<Record<string, Json>>;
}

/**
 * Compares what the two servers say of themselves: the variables that configure them, and their OpenAPI documents in
 * each configuration that adds operations or takes some away.
 * @param oursUrl of this project's server in its default configuration
 * @param directory for files of the reference
 */
export async function compareInterfaces(oursUrl: string, directory: string, report: Report): Promise<void> {
  const { variables, documents } = await referenceFacts(directory);
  for (const [name, difference] of differingVariables(variables)) {
    tell(report, 'configuration', name, difference === undefined ? [] : [difference]);
  }
  for (const [mode, { served }] of Object.entries(MODES)) {
    const ours = servedDocument(readContract(), { ...WITHOUT_ALL, ...served });
    const reference = documents[mode] ?? null;
    tell(report, '/openapi.json', mode, differingMembers(reference, JSON.parse(JSON.stringify(ours))));
  }
  const shown = (await (await fetch(`${oursUrl}/openapi.json`)).json()) as Json;
  tell(report, '/openapi.json', 'as it is served', differingMembers(documents['default'] ?? null, shown));
}

function tell(report: Report, operation: string, request: string, differences: string[]): void {
  const given = { part: 'interface', operation, request };
  if (differences.length === 0) report.add(given, { kind: 'alike' });
  else report.fail(given, differences.slice(0, 6));
}

async function referenceFacts(directory: string): Promise<ReferenceFacts> {
  const python = join(await referencePrograms(), 'python');
  const script = new URL('reference_facts.py', import.meta.url).pathname;
  const modes = Object.entries(MODES).map(([name, { environment }]) => [name, environment]);
  const environment = { ZENML_SERVER: 'true', ZENML_CONFIG_PATH: directory, ZENML_ANALYTICS_OPT_IN: 'false' };
  const { stdout } = await promisify(execFile)(python, [script, JSON.stringify(Object.fromEntries(modes))], {
    env: { ...withoutZenml(process.env), ...environment },
    maxBuffer: 64 * 1024 * 1024,
  });
  return JSON.parse(stdout) as ReferenceFacts;
}
