import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { SERVER_SECRET } from '../../server/src/testing/test-control-plane.ts';
import type { Answer } from '../servers/http-client.ts';
import { at } from '../servers/json.ts';
import { comparable, logIn, type Pair, type Party, startPair } from './beside-reference.ts';

const idOf = (number: number) => `11111111-1111-4111-8111-${String(number).padStart(12, '0')}`;
const admin = idOf(1);
const reader = idOf(2);

let pair: Pair;
/** What the control plane was told when both had started. */
let started: string[] = [];
/** What each server has made, by name: the ids differ. */
const made = new Map<Party, Map<string, string>>();
const tokens = new Map<Party, Map<string, string>>();

before(async () => {
  pair = await startPair((planeUrl) => ({
    ZENML_SERVER_DEPLOYMENT_TYPE: 'cloud',
    ZENML_SERVER_PRO_API_URL: planeUrl,
    ZENML_SERVER_PRO_DASHBOARD_URL: 'https://plane.example.com',
    ZENML_SERVER_PRO_OAUTH2_CLIENT_SECRET: SERVER_SECRET,
    ZENML_SERVER_PRO_OAUTH2_AUDIENCE: 'audience',
    ZENML_SERVER_PRO_ORGANIZATION_ID: idOf(98),
    ZENML_SERVER_PRO_WORKSPACE_ID: idOf(99),
    ZENML_SERVER_PRO_WORKSPACE_NAME: 'workspace',
  }));
  started = pair.plane
    .takeAsked()
    .map(({ method, url }) => `${method} ${url}`)
    .filter((each) => each.endsWith('status'));
  const { users } = pair.plane;
  users.set('admin', { id: admin, username: 'admin', email: 'a@example.com', is_superuser: true });
  users.set('reader', { id: reader, username: 'reader', email: 'r@example.com' });
  for (const party of pair.parties) {
    const own = new Map<string, string>();
    for (const user of ['admin', 'reader']) {
      own.set(user, String(at((await logIn(party, {}, { authorization: `Bearer ${user}` })).body, 'access_token')));
    }
    tokens.set(party, own);
    made.set(party, new Map());
  }
});
after(() => pair?.stop());

/** A text with what this server made in place of `{name}`. */
const fill = (party: Party, text: string) =>
  text.replace(/<(\w+)>/g, (_, name: string) => made.get(party)?.get(name) ?? '');

async function send(party: Party, user: string, method: string, path: string, body?: unknown): Promise<Answer> {
  const headers = { authorization: `Bearer ${tokens.get(party)?.get(user)}`, 'content-type': 'application/json' };
  const text = body === undefined ? undefined : fill(party, JSON.stringify(body));
  return party.client.send({ method, path: `/api/v1${fill(party, path)}`, headers, body: text });
}

/** Gives the reader what is named, on each server with its own ids. */
function grant(party: Party, ...grants: string[]): void {
  pair.plane.grants.set(reader, new Set(grants.map((each) => fill(party, each))));
}

/** Both answer a request alike, under the same permissions. */
async function same(grants: string[], user: string, method: string, path: string, body?: unknown): Promise<Answer> {
  const answers: Answer[] = [];
  for (const party of pair.parties) {
    grant(party, ...grants);
    answers.push(await send(party, user, method, path, body));
  }
  const [reference, ours] = answers;
  if (!reference || !ours) throw new Error('There are two servers.');
  assert.deepEqual(comparable(ours), comparable(reference), `${user} ${method} ${path} with ${grants.join(', ')}`);
  return ours;
}

/** Remembers what both have from the beginning. */
async function know(name: string, path: string, idAt: string): Promise<void> {
  for (const party of pair.parties) {
    made.get(party)?.set(name, String(at((await send(party, 'admin', 'GET', path)).body, idAt)));
  }
}

/** Makes the same on both as the administrator. */
async function make(name: string, path: string, body: unknown, idAt = 'id'): Promise<void> {
  for (const party of pair.parties) {
    const answer = await send(party, 'admin', 'POST', path, body);
    assert.equal(answer.status, 200, `${party.name} ${path}: ${JSON.stringify(answer.body)}`);
    made.get(party)?.set(name, String(at(answer.body, idAt)));
  }
}

test('permissions decide on entities, lists and what is within them', async () => {
  await make('project', '/projects', { name: 'one', display_name: 'One', description: '' });
  await make('other', '/projects', { name: 'two', display_name: 'Two', description: '' });
  await make('pipeline', '/pipelines', { name: 'p', project: '<project>' });
  await make('second', '/pipelines', { name: 'q', project: '<project>' });
  await make('build', '/pipeline_builds', {
    project: '<project>',
    pipeline: '<pipeline>',
    images: {},
    is_local: false,
    contains_code: false,
  });
  await make('artifact', '/artifacts', { name: 'a', has_custom_name: true, project: '<project>' });
  await make('model', '/models', { name: 'm', project: '<project>' });
  await make('version', '/model_versions', { name: 'v', model: '<model>', project: '<project>' });
  await make('secret', '/secrets', { name: 's', private: false, values: { key: 'value' } });
  await make('connector', '/service_connectors', {
    name: 'c',
    connector_type: 'docker',
    auth_method: 'password',
    resource_types: ['docker-registry'],
    configuration: { username: 'u', password: 'p', registry: 'example.com' },
  });

  const nothing: string[] = [];
  for (const path of [
    '/projects/<project>',
    '/pipelines/<pipeline>',
    '/pipeline_builds/<build>',
    '/artifacts/<artifact>',
    '/models/<model>',
    '/model_versions/<version>',
    '/secrets/<secret>',
    '/service_connectors/<connector>',
    '/service_connectors/<connector>/client',
    '/projects/<project>/statistics',
    '/projects?sort_by=asc:name',
    '/pipelines?project=<project>&sort_by=asc:name',
    '/pipeline_builds?project=<project>',
    '/artifacts?project=<project>',
    '/models?project=<project>',
    '/model_versions?project=<project>',
    '/models/<model>/model_versions?project=<project>',
    '/secrets',
    '/service_connectors',
    '/service_accounts',
    '/runs?project=<project>',
    '/steps?project=<project>',
    '/artifact_versions?project=<project>',
    '/run_wait_conditions?project=<project>',
    '/hook_invocations?project=<project>',
    '/triggers?project=<project>',
    '/webhooks?project=<project>',
    '/components?sort_by=asc:type',
    '/stacks',
    '/flavors?name=s3',
    '/users?sort_by=asc:name',
    '/tags',
    '/statistics',
  ]) {
    await same(nothing, 'reader', 'GET', path);
    await same(['* *'], 'reader', 'GET', path);
  }
  const some = ['read <project>:pipeline/<second>', 'read project/<other>', 'read <project>:pipeline_build'];
  for (const path of [
    '/pipelines?project=<project>&sort_by=asc:name',
    '/pipelines/<pipeline>',
    '/pipelines/<second>?hydrate=true',
    '/projects?sort_by=asc:name',
    '/statistics',
    '/projects/<other>/statistics',
    '/pipeline_builds/<build>?hydrate=true',
    '/pipeline_builds?project=<project>&hydrate=true',
  ]) {
    await same(some, 'reader', 'GET', path);
  }
  for (const grants of [
    ['read secret', 'read service_connector'],
    ['read *', 'read_secret_value *'],
  ]) {
    for (const path of ['/secrets', '/secrets/<secret>', '/service_connectors?hydrate=true']) {
      await same(grants, 'reader', 'GET', path);
    }
    await same(grants, 'reader', 'GET', '/service_connectors/<connector>');
    await same(grants, 'reader', 'GET', '/service_connectors/<connector>?expand_secrets=false');
  }
});

test('both say that they run, and where their control plane is', async () => {
  const [reference, ours] = pair.parties.map(async (party) => (await send(party, 'reader', 'GET', '/info')).body);
  const places = async (info: typeof reference) =>
    Object.entries((await info) as Record<string, unknown>)
      .filter(([name]) => /^pro_|_url$|metadata/.test(name))
      .sort();
  assert.deepEqual(await places(ours), await places(reference));
  // Whether anybody is told of what users do is a setting of each server.
  assert.deepEqual(started.sort(), ['PATCH /workspace_status', 'PATCH /workspace_status']);
});

test('permissions decide on writes', async () => {
  await know('orchestrator', '/components?type=orchestrator', 'items.0.id');
  await know('store', '/components?type=artifact_store', 'items.0.id');
  const nothing: string[] = [];
  const requests: [string, string, unknown?][] = [
    ['POST', '/pipelines', { name: 'r', project: '<project>' }],
    ['PUT', '/pipelines/<pipeline>', { description: 'x' }],
    ['POST', '/projects', { name: 'three', display_name: '', description: '' }],
    ['PUT', '/projects/<project>', { description: 'x' }],
    ['POST', '/secrets', { name: 't', private: false, values: {} }],
    ['PUT', '/secrets/<secret>', { values: { key: 'other' } }],
    ['PUT', '/models/<model>', { description: 'x' }],
    ['PUT', '/model_versions/<version>', { stage: 'staging', force: true }],
    ['PUT', '/artifacts/<artifact>', { name: 'b' }],
    ['POST', '/tags', { name: 'tag', exclusive: false, color: 'red' }],
    ['POST', '/stacks', { name: 'x', components: { orchestrator: ['<orchestrator>'], artifact_store: ['<store>'] } }],
    ['PATCH', '/flavors/sync'],
    ['PUT', '/secrets_operations/backup'],
    ['DELETE', '/artifact_versions?project_name_or_id=<project>'],
    ['DELETE', '/pipelines/<second>'],
    ['DELETE', '/models/<model>'],
    ['DELETE', '/secrets/<secret>'],
    ['DELETE', '/pipelines/00000000-0000-4000-8000-000000000000'],
  ];
  for (const [method, path, body] of requests) await same(nothing, 'reader', method, path, body);
  await same(['update <project>:model_version/<version>'], 'reader', 'PUT', '/model_versions/<version>', {
    stage: 'staging',
    force: true,
  });
  const changes = ['create <project>:pipeline', 'update <project>:pipeline/<pipeline>', 'read <project>:pipeline'];
  for (const [method, path, body] of requests.slice(0, 2)) await same(changes, 'reader', method, path, body);
  // What is one's own needs no permission.
  const own = await same(nothing, 'reader', 'GET', '/pipelines?project=<project>');
  assert.equal(at(own.body, 'items.0.name'), 'r');
  pair.plane.takeAsked();
  await same(['delete <project>:pipeline/<second>'], 'reader', 'DELETE', '/pipelines/<second>');
  const told = pair.plane.takeAsked().filter(({ url }) => url.startsWith('/rbac/resources'));
  assert.deepEqual(
    told.map(({ method, url }) => `${method} ${url}`),
    pair.parties.map((party) => {
      const resource = fill(party, '<project>:pipeline/<second>');
      return `DELETE /rbac/resources?resources=${encodeURIComponent(resource)}`;
    }),
  );
});

const SOURCE = { module: 'builtins', attribute: 'int', type: 'builtin' };

test('permissions decide on runs and what they make', async () => {
  await know('stack', '/stacks', 'items.0.id');
  const step = {
    spec: { source: SOURCE, upstream_steps: [], inputs: {}, invocation_id: 'fit' },
    config: { name: 'fit' },
  };
  await make('snapshot', '/pipeline_snapshots', {
    project: '<project>',
    pipeline: '<pipeline>',
    stack: '<stack>',
    name: 'named',
    run_name_template: 'run',
    pipeline_configuration: { name: 'p' },
    step_configurations: { fit: { ...step, step_config_overrides: { name: 'fit' } } },
    client_environment: {},
    client_version: '0.98.0',
    server_version: '0.98.0',
  });
  const times = { start_time: '2026-01-01T00:00:00' };
  const run = {
    project: '<project>',
    snapshot: '<snapshot>',
    name: 'run',
    orchestrator_run_id: 'run',
    status: 'running',
    ...times,
  };
  await make('run', '/runs', run, '0.id');
  await make('output', '/artifact_versions', {
    project: '<project>',
    artifact_name: 'data',
    version: '1',
    type: 'DataArtifact',
    uri: '/x',
    materializer: SOURCE,
    data_type: SOURCE,
    save_type: 'step_output',
    artifact_store_id: '<store>',
  });
  const outputs = { output: ['<output>'] };
  const stepRun = { project: '<project>', name: 'fit', pipeline_run_id: '<run>', ...times, outputs };
  await make('step', '/steps', { ...stepRun, status: 'completed' });
  await make('logs', '/logs', {
    project: '<project>',
    source: 'step',
    uri: '/log',
    artifact_store_id: '<store>',
    step_run_id: '<step>',
  });
  await make('webhook', '/webhooks', {
    project: '<project>',
    name: 'hook',
    webhook_type: 'custom',
    active: true,
    secret: 'hook-secret',
  });
  await make('schedule', '/triggers', {
    project: '<project>',
    name: 'daily',
    type: 'schedule',
    flavor: 'native schedule',
    cron_expression: '0 3 * * *',
    start_time: '2026-01-01T00:00:00',
    active: true,
    concurrency: 'skip',
  });

  const reads = [
    '/runs/<run>?hydrate=true',
    '/runs/<run>/steps?hydrate=true',
    '/runs/<run>/status',
    '/runs/<run>/dag',
    '/runs/<run>/pipeline-configuration',
    '/runs?project=<project>&hydrate=true',
    '/steps?project=<project>&hydrate=true',
    '/steps/<step>?hydrate=true',
    '/steps/<step>/status',
    '/steps/<step>/step-configuration',
    '/artifact_versions?project=<project>&hydrate=true',
    '/artifact_versions/<output>?hydrate=true',
    '/artifact_versions/<output>/visualize',
    '/artifacts?project=<project>&hydrate=true&sort_by=asc:name',
    '/pipeline_snapshots/<snapshot>?hydrate=true',
    '/pipeline_snapshots?project=<project>&hydrate=true',
    '/run_templates?project=<project>&hydrate=true',
    '/logs/<logs>',
    '/triggers?project=<project>',
    '/triggers/<schedule>?hydrate=true',
    '/webhooks/<webhook>',
    '/stacks/<stack>?hydrate=true',
    '/api_token',
  ];
  const ofRun = ['read <project>:pipeline_run/<run>'];
  const ofParts = [
    'read <project>:pipeline_run',
    'read <project>:pipeline_deployment',
    'read <project>:run_template',
    'read <project>:trigger/<schedule>',
    'create <project>:pipeline_run',
  ];
  const ofData = ['read <project>:artifact', 'read stack', 'read <project>:pipeline_deployment/<snapshot>'];
  for (const grants of [[], ofRun, ofParts, ofData, ['* *']]) {
    for (const path of reads) await same(grants, 'reader', 'GET', path);
  }
  const token = '/api_token?token_type=workload&pipeline_run_id=';
  for (const grants of [[], ['* *']]) {
    await same(grants, 'reader', 'GET', `${token}<run>`);
    await same(grants, 'reader', 'GET', `${token}00000000-0000-4000-8000-000000000000`);
  }
  const metadata = {
    project: '<project>',
    values: { a: 1 },
    types: { a: 'int' },
    resources: [{ id: '<run>', type: 'pipeline_run' }],
  };
  const tag = { tag_id: '<tag>', resource_id: '<run>', resource_type: 'pipeline_run' };
  await make('tag', '/tags', { name: 'of run', exclusive: false, color: 'red' });
  const writes: [string, string, unknown?][] = [
    ['POST', '/runs', run],
    ['POST', '/runs', { ...run, name: 'other', orchestrator_run_id: 'other' }],
    ['PUT', '/runs/<run>', { tags: [] }],
    ['POST', '/steps', { ...stepRun, name: 'fit', status: 'running', outputs: {} }],
    ['PUT', '/steps/<step>', { status: 'completed' }],
    ['POST', '/run-metadata', metadata],
    ['POST', '/run-metadata', { ...metadata, resources: [{ id: '<step>', type: 'step_run' }] }],
    ['POST', '/tag_resources', tag],
    ['DELETE', '/tag_resources', tag],
    ['PUT', '/pipeline_snapshots/<snapshot>', { description: 'x' }],
    ['PUT', '/triggers/<schedule>', { type: 'schedule', name: 'daily', active: false, cron_expression: '0 3 * * *' }],
    ['PUT', '/webhooks/<webhook>', { name: 'other' }],
    ['PUT', '/logs/<logs>', { step_run_id: '<step>' }],
    ['PUT', '/runs/<run>/disable_heartbeat'],
    ['POST', '/runs/<run>/stop'],
    [
      'POST',
      '/hook_invocations',
      {
        project: '<project>',
        id: '22222222-2222-4222-8222-222222222222',
        hook_type: 'step_success',
        name: 'notify',
        status: 'completed',
        ...times,
        source: 'train.notify',
        pipeline_run_id: '<run>',
        outputs,
      },
    ],
    ['DELETE', '/artifact_versions/<output>'],
    ['DELETE', '/runs/<run>'],
    ['DELETE', '/webhooks/<webhook>'],
  ];
  for (const grants of [[], ofRun, ['update <project>:pipeline_run', 'create <project>:run_metadata']]) {
    for (const [method, path, body] of writes) await same(grants, 'reader', method, path, body);
  }
});

test('what the subscription has no more of is refused, and what is used of it reported', async () => {
  const runRequest = {
    project: '<project>',
    snapshot: '<snapshot>',
    name: 'counted',
    orchestrator_run_id: 'counted',
    status: 'running',
    start_time: '2026-01-01T00:00:00',
  };
  const trigger = { type: 'schedule', name: 'daily', active: false, cron_expression: '0 3 * * *' };
  const writes: [string, string, unknown?][] = [
    ['POST', '/projects', { name: 'four', display_name: '', description: '' }],
    ['POST', '/pipelines', { name: 'counted', project: '<project>' }],
    ['POST', '/pipelines', { name: 'p', project: '<project>' }],
    ['POST', '/models', { name: 'counted', project: '<project>' }],
    ['POST', '/runs', runRequest],
    ['PUT', '/triggers/<schedule>', trigger],
    ['POST', '/artifacts', { name: 'uncounted', has_custom_name: true, project: '<project>' }],
  ];
  for (const feature of ['project', 'pipeline', 'model', 'pipeline_run', 'schedule']) pair.plane.usedUp.add(feature);
  for (const [method, path, body] of writes) await same([], 'admin', method, path, body);
  pair.plane.usedUp.clear();
  pair.plane.takeAsked();
  for (const [method, path, body] of [...writes, ...writes.slice(4, 5)]) await same([], 'admin', method, path, body);
  await know('counted', '/models?project=<project>&name=counted', 'items.0.id');
  await same([], 'admin', 'DELETE', '/models/<counted>');
  await same([], 'admin', 'DELETE', '/projects/four');
  const events = pair.plane.takeAsked().filter(({ url }) => url === '/usage-event');
  const [reference, ours] = pair.parties.map((_, index) =>
    events.filter((_each, at) => at % 2 === index).map(({ body }) => comparable({ status: 0, body: JSON.parse(body) })),
  );
  assert.deepEqual(ours, reference);
  assert.equal(ours?.length, 6);
});

test('who may share a resource does so, and no more of it than is theirs', async () => {
  const path = '/users/resource_membership?resource_type=';
  const share = (grants: string[], query: string, actions: unknown = ['read']) =>
    same(grants, 'reader', 'POST', `${path}${query}`, actions);
  await share([], 'pipeline&resource_id=<pipeline>&user_id=u');
  await share(['share <project>:pipeline'], 'pipeline&resource_id=<pipeline>&user_id=u');
  await share(['share *'], `pipeline&resource_id=<pipeline>&user_id=${reader}`);
  await share(['* *'], 'nothing&resource_id=<pipeline>&user_id=u');
  await share(['* *'], 'pipeline&resource_id=00000000-0000-4000-8000-000000000000&user_id=u');
  await share(['* *'], 'pipeline&resource_id=<pipeline>&user_id=u', ['fly']);
  pair.plane.takeAsked();
  await share(['* *'], 'stack&resource_id=00000000-0000-4000-8000-000000000000&team_id=t');
  await share(['* *'], 'pipeline&resource_id=<pipeline>&user_id=u', ['read', 'update']);
  await share(['* *'], 'secret&resource_id=<secret>&team_id=t', []);
  const asked = pair.plane.takeAsked().filter(({ url }) => url.startsWith('/rbac/resource_members'));
  const [reference, ours] = pair.parties.map((_, index) =>
    asked.filter((_each, at) => at % 2 === index).map(({ body }) => comparable({ status: 0, body: JSON.parse(body) })),
  );
  assert.deepEqual(ours, reference);
});
