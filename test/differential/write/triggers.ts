import { createHmac } from 'node:crypto';
import type { JsonObject } from '../../servers/json.ts';
import type { Pipelines } from '../seed/pipelines.ts';
import { instant } from '../seed/shapes.ts';
import type { Session } from '../session.ts';
import { unknownId, type WriteScript } from './script.ts';

export const triggersScript: WriteScript = {
  name: 'triggers',
  run: async (session, { who, pipelines, runs }) => {
    const { project } = who;
    const make = (more: JsonObject) => session.post('/triggers', { project, ...more });
    const schedule = (more: JsonObject) => make({ type: 'schedule', name: 't-refused', ...more });
    // Far from now: both servers then see the same next occurrence.
    const yearly = await schedule({ name: 't-yearly', cron_expression: '30 4 1 1 *', max_runs: 3 });
    await schedule({ name: 't-yearly', cron_expression: '30 4 1 1 *' });
    await schedule({ name: 't-interval', interval: 86_400, start_time: '2040-01-01T00:00:30+02:00' });
    await schedule({ name: 't-once', run_once_start_time: '2040-01-01T00:00:30.123456Z', concurrency: 'submit' });
    await schedule({ name: 't-seconds', cron_expression: '0 0 1 1 * 30', active: false });
    await schedule({ name: 't-last', cron_expression: '0 0 L 2 *', end_time: '2050-01-01T00:00:00' });
    await schedule({ name: 't-day', cron_expression: '0 12 13 2 fri', start_time: '2040-01-01' });
    for (const [index, cron_expression] of CRON_EXPRESSIONS.entries()) {
      await schedule({ name: `t-cron-${index}`, cron_expression, start_time: '2040-01-01T00:00:00' });
    }
    await schedule({});
    await schedule({ cron_expression: 'x y z' });
    await schedule({ cron_expression: '61 * * * *' });
    await schedule({ interval: 60 });
    await schedule({ interval: 5, start_time: instant(1) });
    await schedule({ interval: 60, start_time: instant(1), cron_expression: '* * * * *' });
    await schedule({ cron_expression: '* * * * *', start_time: instant(2), end_time: instant(1) });
    await schedule({ cron_expression: '* * * * *', max_runs: 0 });
    await schedule({ cron_expression: '* * * * *', flavor: 'webhook' });
    await schedule({ cron_expression: '* * * * *', concurrency: 'maybe' });
    await make({ name: 't-refused', cron_expression: '* * * * *' });
    await make({ type: 'nonsense', name: 't-refused' });

    const event = (type: string, id: string, ...target_events: string[]) =>
      make({
        type: 'platform_event',
        name: `t-${type}-${target_events.length}`,
        source_entity: { type, id },
        target_events,
      });
    const onRun = await event('pipeline', pipelines.train, 'run_completed', 'run_failed');
    const onOneRun = await event('pipeline_run', runs.completed, 'completed');
    await event('pipeline_snapshot', pipelines.snapshot, 'run_failed');
    await event('pipeline', pipelines.train, 'completed');
    await event('pipeline', pipelines.train);
    await event('pipeline', unknownId, 'run_completed');
    await event('pipeline_run', unknownId, 'completed');
    await event('step', unknownId, 'completed');

    await attachments(session, onRun.id, onOneRun.id, pipelines);

    const change = (id: string, more: JsonObject) => session.put(`/triggers/${id}`, more);
    await change(yearly.id, { type: 'schedule', name: 't-yearly', cron_expression: '0 0 2 1 *' });
    await change(yearly.id, { type: 'schedule', name: 't-interval', cron_expression: '0 0 2 1 *' });
    await change(yearly.id, { type: 'schedule', name: 't-yearly' });
    await change(yearly.id, { type: 'schedule', cron_expression: '0 0 2 1 *' });
    const moved = { type: 'schedule', name: 't-moved', cron_expression: '0 0 2 1 *', concurrency: 'submit' };
    await change(yearly.id, { ...moved, active: false, next_occurrence: '2041-05-05T05:05:05Z' });
    await change(yearly.id, moved);
    await change(unknownId, moved);
    await change(onRun.id, moved);
    const source_entity = { type: 'pipeline', id: pipelines.train };
    await change(onRun.id, { type: 'platform_event', name: 't-run', source_entity, target_events: ['run_failed'] });
    await session.delete(`/triggers/${yearly.id}`);
    await change(yearly.id, moved);
    await session.delete(`/triggers/${onRun.id}?soft=false`);
  },
};

/** Each trigger has one snapshot at most: of several created in one second either may be shown first. */
async function attachments(session: Session, first: string, second: string, pipelines: Pipelines): Promise<void> {
  const { configurable } = pipelines;
  const attach = async (trigger: string, snapshot: string, configuration?: JsonObject, query = '') => {
    await session.put(`/triggers/${trigger}/pipeline_snapshots/${snapshot}${query}`, configuration);
    const derived = (await session.get(`/triggers/${trigger}?hydrate=true`)).ref('resources.executable_snapshots.0.id');
    return () => session.get(`/pipeline_snapshots/${derived}?include_config_schema=true`);
  };
  for (const refused of [unknownId, pipelines.snapshot, pipelines.modelSnapshot]) await attach(first, refused);
  await (await attach(first, configurable.static, RUN_CONFIGURATION))();
  await attach(first, configurable.static);
  const replace = '?allow_replace=true';
  await (await attach(first, configurable.static, { enable_cache: false }, replace))();
  await attach(first, configurable.static, { parameters: { alpha: 0.25 } }, replace);
  await attach(first, configurable.static, { settings: { docker: { user: 'x' } } }, replace);
  await (await attach(second, configurable.dynamic, { parameters: { alpha: 0.25 } }))();
}

/** Something of everything that a run may override. */
const RUN_CONFIGURATION: JsonObject = {
  run_name: 'from-a-trigger',
  enable_cache: false,
  enable_step_logs: true,
  tags: ['t2'],
  extra: { more: 1.5 },
  environment: { LEVEL: 'debug' },
  retry: { max_retries: 2 },
  model: { name: 'churn', version: 'staging' },
  substitutions: { who: 'trigger' },
  failure_hook_source: 'hooks.other',
  settings: { resources: { cpu_count: 4 }, 'orchestrator.kubernetes': { service_account_name: 'runner' } },
  steps: {
    train: { parameters: { rate: 0.125 }, step_operator: 'sage', enable_cache: true },
    'overrides.all': { settings: { resources: { memory: '2GB' } }, environment: { A: 'c' }, extra: { own: true } },
  },
};

export const webhooksScript: WriteScript = {
  name: 'webhooks',
  run: async (session, { who, pipelines }) => {
    const { project } = who;
    const make = (more: JsonObject) => session.post('/webhooks', { project, ...more });
    const custom = await make({ name: 'w-custom', webhook_type: 'custom', secret: 'custom secret' });
    const github = await make({ name: 'w-github', webhook_type: 'github', secret: 'github secret' });
    const clickup = await make({ name: 'w-clickup', webhook_type: 'clickup', secret: 'clickup secret', active: false });
    const slack = await make({ name: 'w-slack', webhook_type: 'slack', secret: 'slack secret' });
    await make({ name: 'w-custom', webhook_type: 'github' });
    await make({ name: 'w-other', webhook_type: 'unheard-of' });
    await make({ name: 'w-other', webhook_type: 'custom', secret: '' });
    await session.put(`/webhooks/${github.id}`, { name: 'w-custom' });
    await session.put(`/webhooks/${github.id}`, { name: 'w-renamed', active: true });
    await session.put(`/webhooks/${unknownId}`, { active: true });
    await session.put(`/webhooks/${github.id}/secret`, { secret: 'rotated' });
    await session.put(`/webhooks/${github.id}/secret`, { secret: '' });
    await session.put(`/webhooks/${unknownId}/secret`, {});
    await session.get(`/webhooks/${github.id}/events/raw?delivery_id=none`);
    await session.get('/webhooks?webhook_type=custom&hydrate=true');

    let count = 0;
    const wait = (webhook_id: string, ...target_events: JsonObject[]) => {
      count += 1;
      return session.post('/triggers', {
        project,
        type: 'webhook',
        name: `t-webhook-${count}`,
        webhook_id,
        configuration: target_events.length > 0 ? { target_events } : {},
      });
    };
    const all = await wait(custom.id);
    await wait(custom.id, { event_type: 'built', filters: { 'a.b[*]["c d"]': 'oneof:["x"]' } });
    await wait(custom.id, { type: 'dynamic', event_type: 'built', filters: { 'a..b': 'x' } });
    await wait(custom.id, { type: 'dynamic' });
    await wait(custom.id, { type: 'push' });
    await wait(github.id, { type: 'push', branch: ['startswith:ma', 'x'] }, { type: 'issue_opened', labels: 'bug' });
    await wait(github.id, { type: 'push', branches: 'x' });
    await wait(github.id, { type: 'push', branch: 'oneof:x' });
    await wait(github.id, { type: 'unheard-of' });
    await wait(github.id, {});
    await wait(github.id);
    await wait(slack.id, { type: 'message', include_subtypes: true, subtype: 'x' });
    await wait(slack.id, { type: 'message', threaded: true }, { type: 'reaction_added', item_type: 'file' });
    await wait(clickup.id, { type: 'taskStatusUpdated', status: 'done' }, { type: 'listCreated' });
    await wait(unknownId);
    await wait(pipelines.train);
    const change = { type: 'webhook', name: 't-webhook-changed', configuration: { target_events: [] } };
    await session.put(`/triggers/${all.id}`, change);
    await session.put(`/triggers/${all.id}`, { ...change, active: true, concurrency: 'submit' });

    const anonymous = session.with('nobody', {});
    const send = (type: string, id: string, raw: string, headers: Record<string, string> = {}) =>
      anonymous.send('POST', `/webhooks/${type}/${id}/events`, undefined, { raw, headers });
    const body = '{"a": {"b": [{"c d": "x"}]}}';
    const signed = (text: string, secret = 'custom secret') => ({
      'x-zenml-signature-256': `sha256=${hmac(secret, text)}`,
    });
    const built = { 'x-zenml-event': 'built', 'x-zenml-delivery': 'd-1' };
    await send('custom', custom.id, body);
    await send('custom', custom.id, body, { ...signed(body, 'other'), ...built });
    await send('custom', custom.id, body, signed(body));
    await send('custom', custom.id, body, { ...signed(body), ...built });
    await send('custom', custom.id, '[1]', { ...signed('[1]'), ...built });
    await send('custom', custom.id, '{', { ...signed('{'), ...built });
    await send('custom', unknownId, body, { ...signed(body), ...built });
    await send('unheard-of', custom.id, body);
    await send('github', github.id, body);
    await send('github', custom.id, body, { 'x-github-event': 'push' });
    const push = { 'x-github-event': 'push', 'x-hub-signature-256': `sha256=${hmac('rotated', body)}` };
    await send('github', github.id, body, push);
    await send('clickup', clickup.id, body, { 'x-signature': hmac('clickup secret', body) });
    await session.put(`/webhooks/${clickup.id}`, { active: true });
    for (const text of [body, '{"event":"taskMoved"}', '{"event":"taskMoved","webhook_id":"w"}']) {
      await send('clickup', clickup.id, text, { 'x-signature': hmac('clickup secret', text).toUpperCase() });
    }
    for (const text of SLACK_BODIES) await send('slack', slack.id, text, slackHeaders(text));
    await send('slack', slack.id, '{}', slackHeaders('{}', 100));
    await session.get(`/webhooks/${custom.id}`);
    await session.get(`/webhooks/${slack.id}`);
    await session.delete(`/webhooks/${custom.id}`);
    await session.delete(`/webhooks/${slack.id}?unknown=1`);
    await session.delete(`/triggers/${all.id}`);
    await session.get(`/triggers/${all.id}`);
    const free = await make({ name: 'w-free', webhook_type: 'custom' });
    await session.delete(`/webhooks/${free.id}`);
    await session.get(`/webhooks/${free.id}`);
    await session.delete(`/webhooks/${unknownId}`);
  },
};

const SLACK_BODIES = [
  '{"type":"url_verification","challenge":"abc"}',
  '{"type":"url_verification"}',
  '{"type":"unheard-of"}',
  '{}',
  '{"type":"event_callback","event":{"type":"message"},"event_id":"e1"}',
  '{"type":"event_callback","event":{"type":"message"}}',
  '{"type":"app_rate_limited","team_id":"t","api_app_id":"a","minute_rate_limited":1}',
  '{"type":"app_rate_limited"}',
];

function slackHeaders(text: string, time = Math.floor(Date.now() / 1000)) {
  const signature = `v0=${hmac('slack secret', `v0:${time}:${text}`)}`;
  return { 'x-slack-request-timestamp': String(time), 'x-slack-signature': signature };
}

function hmac(secret: string, text: string): string {
  return createHmac('sha256', secret).update(text).digest('hex');
}

/** What only ZenML's library reads so, and what no library reads. */
const CRON_EXPRESSIONS = [
  '0 22-2 * * *',
  '0 0 * * fri-mon',
  '43/10 * * * *',
  '0 16-16 1-1/3 * *',
  '0 0 13 * */1',
  '0 0 */2 * 3',
  '0 0 * * L5',
  '0 0 * * 5#1',
  '0 0 15W * *',
  '@weekly',
  '0 0 * * 7',
  '? * * * *',
  '0 0 31 2 *',
  '0 24 * * *',
  '*/0 * * * *',
];
