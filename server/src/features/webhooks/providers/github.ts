import { isObject, type Json } from '../../../json.ts';
import { PayloadError, type Provider, parseObject, type SemanticEvent, textAt } from './provider.ts';
import { checkPrefixedSignature } from './signatures.ts';

/** Repositories of GitHub (ZenML 0.98.0 webhooks/providers/github.py). */
export const github: Provider = {
  type: 'github',
  configurationName: 'GitHubWebhookConfiguration',
  targets: {
    merged_pull_request: { filters: ['repo', 'target_branch', 'source_branch', 'author'] },
    workflow_run_completed: { filters: ['workflow', 'conclusion', 'actor'] },
    push: { filters: ['repo', 'branch', 'actor'] },
    release_published: { filters: ['repo', 'tag', 'target_branch', 'actor'] },
    issue_opened: { filters: ['repo', 'author', 'author_association', 'labels', 'assignees', 'milestone'] },
  },
  checkHeaders(headerOf) {
    if (headerOf('x-github-event') === '') throw new PayloadError('Missing or empty x-github-event header.');
  },
  authenticate: (body, headerOf, secret) => checkPrefixedSignature(body, headerOf, secret, 'x-hub-signature-256'),
  parse(body, headerOf) {
    const deliveryId = headerOf('x-github-delivery') || undefined;
    return { event: { type: headerOf('x-github-event'), deliveryId, payload: parseObject(body) } };
  },
  semantic: ({ type, payload }) => PARSERS[type]?.(payload),
};

type Parser = (payload: Json) => SemanticEvent | undefined;

/** By the type of event; what ZenML has no name for gives nothing. */
const PARSERS: Readonly<Record<string, Parser>> = {
  pull_request(payload) {
    const pullRequest = payload['pull_request'];
    const merged = isObject(pullRequest) && pullRequest['merged'] === true;
    const repo = textAt(payload, 'repository', 'full_name');
    const target_branch = textAt(payload, 'pull_request', 'base', 'ref');
    if (payload['action'] !== 'closed' || !merged || repo === null || target_branch === null) return undefined;
    const actual = {
      repo,
      target_branch,
      source_branch: textAt(payload, 'pull_request', 'head', 'ref'),
      author: textAt(payload, 'pull_request', 'user', 'login'),
    };
    const commit = commitOf(
      textAt(payload, 'pull_request', 'title'),
      textAt(payload, 'pull_request', 'merge_commit_sha'),
    );
    return semantic('merged_pull_request', actual, { commit });
  },

  workflow_run(payload) {
    const workflow = textAt(payload, 'workflow_run', 'name');
    if (payload['action'] !== 'completed' || workflow === null) return undefined;
    return semantic('workflow_run_completed', {
      workflow,
      conclusion: textAt(payload, 'workflow_run', 'conclusion'),
      actor: textAt(payload, 'workflow_run', 'actor', 'login'),
    });
  },

  push(payload) {
    const ref = textAt(payload, 'ref');
    const repo = textAt(payload, 'repository', 'full_name');
    if (!ref?.startsWith(BRANCH) || repo === null) return undefined;
    const commit = commitOf(textAt(payload, 'head_commit', 'message'), textAt(payload, 'head_commit', 'id'));
    const actual = { repo, branch: ref.slice(BRANCH.length), actor: textAt(payload, 'sender', 'login') };
    return semantic('push', actual, { commit });
  },

  release(payload) {
    const repo = textAt(payload, 'repository', 'full_name');
    const tag = textAt(payload, 'release', 'tag_name');
    if (payload['action'] !== 'published' || repo === null || tag === null) return undefined;
    return semantic('release_published', {
      repo,
      tag,
      target_branch: textAt(payload, 'release', 'target_commitish'),
      actor: textAt(payload, 'release', 'author', 'login'),
    });
  },

  issues(payload) {
    const issue = payload['issue'];
    const repo = textAt(payload, 'repository', 'full_name');
    const title = textAt(payload, 'issue', 'title');
    if (payload['action'] !== 'opened' || !isObject(issue) || repo === null || title === null) return undefined;
    if (!Number.isInteger(issue['number'])) return undefined;
    const actual = {
      repo,
      author: textAt(payload, 'issue', 'user', 'login'),
      author_association: textAt(payload, 'issue', 'author_association'),
      labels: textsOf(issue['labels'], 'name'),
      assignees: textsOf(issue['assignees'], 'login'),
      milestone: textAt(payload, 'issue', 'milestone', 'title'),
    };
    const issue_type = textAt(payload, 'issue', 'type', 'name');
    return semantic('issue_opened', actual, { number: issue['number'], title, issue_type });
  },
};

const BRANCH = 'refs/heads/';

function semantic(type: string, actual: SemanticEvent['actual'], more: Json = {}): SemanticEvent {
  return { type, actual, event: { type, ...actual, ...more } };
}

function commitOf(name: string | null, sha: string | null): Json | null {
  return sha === null ? null : { name, sha };
}

function textsOf(items: unknown, field: string): string[] {
  if (!Array.isArray(items)) return [];
  return items.flatMap((item) => (isObject(item) ? (textAt(item, field) ?? []) : []));
}
