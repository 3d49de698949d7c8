import type { Json } from '../../../json.ts';
import { matchesConfiguration, toWebhookConfiguration } from './configuration.ts';
import { providerOf } from './registry.ts';

/** Whether a trigger with one target waits for an event. */
function waitsFor(type: string, target: Json, event: string, payload: Json): boolean {
  const provider = providerOf(type);
  const configuration = toWebhookConfiguration(provider, { target_events: [target] });
  const semantic = provider.semantic({ type: event, deliveryId: 'd', payload });
  return matchesConfiguration(configuration, { type: event, payload }, semantic);
}

const PUSH = {
  ref: 'refs/heads/main',
  repository: { full_name: 'team/code' },
  sender: { login: 'alice' },
  head_commit: { id: 'abc', message: 'Fix it' },
};
const ISSUE = {
  action: 'opened',
  repository: { full_name: 'team/code' },
  issue: { number: 7, title: 'Broken', labels: [{ name: 'bug' }, { name: 'urgent' }], user: { login: 'bob' } },
};
const MESSAGE = {
  team_id: 'T',
  event_time: 1,
  event: { event_ts: '1.0', channel: 'C', user: 'U', text: 'hi', ts: '1.0' },
};
const inner = (more: Json) => ({ ...MESSAGE, event: { ...MESSAGE.event, ...more } });
const TASK = { task_id: 5, list_id: 'L', history_items: [{ id: 'h', after: { status: 'done' } }] };
const NESTED = { commits: [{ author: { name: 'alice' } }, { author: { name: 'bob' } }], count: 3, 'odd name': true };
const dynamic = (filters: Json, event_type = 'any') => ({ type: 'dynamic', event_type, filters });

describe('triggers of webhooks wait for', () => {
  test.each<[string, Json, string, Json, boolean]>([
    ['github', { type: 'push' }, 'push', PUSH, true],
    ['github', { type: 'push', branch: 'main', actor: 'startswith:al' }, 'push', PUSH, true],
    ['github', { type: 'push', branch: ['dev', 'oneof:["main"]'] }, 'push', PUSH, true],
    ['github', { type: 'push', branch: 'notequals:main' }, 'push', PUSH, false],
    ['github', { type: 'push', branch: 'unknown:main' }, 'push', PUSH, false],
    ['github', { type: 'push' }, 'push', { ...PUSH, ref: 'refs/tags/v1' }, false],
    ['github', { type: 'push' }, 'issues', ISSUE, false],
    ['github', { type: 'issue_opened', labels: 'bug', author: 'bob' }, 'issues', ISSUE, true],
    // Of several labels a negation wants all to differ.
    ['github', { type: 'issue_opened', labels: 'notequals:bug' }, 'issues', ISSUE, false],
    ['github', { type: 'issue_opened', assignees: 'contains:a' }, 'issues', ISSUE, false],
    ['slack', { type: 'message', text: 'hi', channel_id: 'C' }, 'message', MESSAGE, true],
    ['slack', { type: 'message', threaded: true }, 'message', MESSAGE, false],
    ['slack', { type: 'message' }, 'message', inner({ bot_id: 'B' }), false],
    ['slack', { type: 'message', include_subtypes: true }, 'message', inner({ bot_id: 'B' }), true],
    ['slack', { type: 'reaction_added', item_type: 'file' }, 'reaction_added', MESSAGE, false],
    [
      'slack',
      { type: 'reaction_added', item_type: 'file', item_id: 'F' },
      'reaction_added',
      inner({ reaction: 'eyes', item: { type: 'file', file: 'F' } }),
      true,
    ],
    ['clickup', { type: 'taskStatusUpdated', status: 'done', task_id: '5' }, 'taskStatusUpdated', TASK, true],
    ['clickup', { type: 'taskStatusUpdated', space_id: 'S' }, 'taskStatusUpdated', TASK, false],
    ['custom', dynamic({}), 'any', {}, true],
    ['custom', dynamic({}), 'other', {}, false],
    ['custom', dynamic({ 'commits[*].author.name': 'bob' }), 'any', NESTED, true],
    ['custom', dynamic({ 'commits[0].author.name': 'bob' }), 'any', NESTED, false],
    ['custom', dynamic({ count: '3', '["odd name"]': 'true' }), 'any', NESTED, true],
    ['custom', dynamic({ missing: 'notequals:x' }), 'any', NESTED, false],
    ['github', dynamic({ ref: 'endswith:main' }, 'push'), 'push', PUSH, true],
  ])('%s %j: %s', (type, target, event, payload, expected) => {
    expect(waitsFor(type, target, event, payload)).toBe(expected);
  });

  test('everything, where nothing is asked for', () => {
    const provider = providerOf('custom');
    const event = { type: 'any', payload: {} };
    expect(matchesConfiguration(toWebhookConfiguration(provider, {}), event, undefined)).toBe(true);
    expect(() => toWebhookConfiguration(providerOf('github'), {})).toThrow('Field required');
  });

  test.each([
    ['.', 'path must start with an object key'],
    ['a.', "'.' must be followed by an object key"],
    ['a[', 'unclosed bracket'],
    ['a[x]', "brackets require a non-negative index, '*', or JSON-quoted key"],
    ['a[*].b[*]', 'path must not contain more than 1 wildcard'],
    ['a.b.c.d.e.f.g.h.i', 'path must not contain more than 8 segments'],
    ['a b', 'unexpected character at position 1'],
  ])('no path such as %s', (path, reason) => {
    expect(() => toWebhookConfiguration(providerOf('custom'), { target_events: [dynamic({ [path]: 'x' })] })).toThrow(
      `Invalid dynamic webhook filter path '${path}': ${reason}`,
    );
  });
});
