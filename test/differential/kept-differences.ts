import { isObject, type Json } from '../servers/json.ts';
import type { Difference } from './correspondence.ts';

/** A difference from the reference that is meant. */
export interface KeptDifference {
  reason: string;
  /** `GET /api/v1/…` as the contract writes it; all operations where it is left out. */
  operation?: RegExp;
  /** Where in the answer; anywhere where it is left out. `status` is the status. */
  path?: RegExp;
  /** Whether these two values are a case of it. */
  matches?: (reference: Json | undefined, ours: Json | undefined) => boolean;
}

/** Every difference kept on purpose: nothing else is passed over. */
export const keptDifferences: KeptDifference[] = [
  {
    reason: 'A token, key or code is made of random bytes and of the time.',
    operation: /^(POST|PUT) \/api\/v1\/(users|service_accounts|login|device_authorization)(\/|$)/,
    path: /(^|\.)(access_token|csrf_token|device_code|user_code|key|activation_token|download_token)$/,
    matches: (reference, ours) => typeof reference === 'string' && typeof ours === 'string',
  },
  {
    reason: 'The server makes the secret of a webhook where none is given.',
    operation: /^(POST \/api\/v1\/webhooks|PUT \/api\/v1\/webhooks\/\{webhook_id\}\/secret)$/,
    path: /^secret$/,
    matches: (...both) => both.every((secret) => /^[\w-]{43}$/.test(String(secret))),
  },
  {
    reason: 'The name of a trigger that was put away ends with something random.',
    path: /(^|\.)body\.name$/,
    matches: (...both) => new Set(both.map((name) => String(name).replace(/_\([0-9a-f]{8}\)$/, ''))).size === 1,
  },
  {
    reason: 'Runs end by the clock of each server.',
    operation: /^POST \/api\/v1\/runs\/statistics$/,
    path: /^groups\.\d+\.metrics\.duration/,
    matches: (...both) => both.every((seconds) => /^(float )?\d+(\.\d+)?$/.test(String(seconds))),
  },
  {
    reason: 'How long a device may wait is counted from when it asked, by the clock of each server.',
    operation: /\/devices(\/|$)/,
    path: /(^|\.)body\.expires$/,
    matches: (...both) => Math.abs(Date.parse(String(both[0])) - Date.parse(String(both[1]))) < 10_000,
  },
  {
    reason: 'Why there is no graph of a run without a snapshot is said.',
    operation: /^GET \/api\/v1\/runs\/\{run_id\}\/dag$/,
    path: /^detail\.1$/,
    matches: (reference, ours) => reference === '' && ours === 'The graph of a run without a snapshot is unknown.',
  },
  {
    reason: 'A token may be the whole answer.',
    operation: /\/(api_token|download-token)$/,
    path: /^$/,
    matches: (reference, ours) => typeof reference === 'string' && typeof ours === 'string',
  },
  {
    reason: 'A tag that is made in passing gets a colour by chance.',
    path: /(^|\.)tags?\.\d+\.body\.color$/,
    matches: (...both) => both.every((color) => typeof color === 'string'),
  },
  {
    reason: 'The same in lists of tags, of which the scripts ask only where tags were made in passing.',
    operation: /^GET \/api\/v1\/tags$/,
    path: /^items\.\d+\.body\.color$/,
    matches: (reference, ours) => typeof reference === 'string' && typeof ours === 'string',
  },
  {
    reason:
      'The reference fails with 500 where it lacks a check, and shows its database’s message; a refusal is better.',
    path: /^status$/,
    matches: (reference, ours) => /^500 /.test(String(reference)) && /^4\d\d /.test(String(ours)),
  },
  {
    reason: 'An operation that is not there says so; the reference says which of its optional parts is not enabled.',
    path: /^detail(\.1)?$/,
    matches: (_, ours) => String(ours).endsWith(' is not offered by this server.'),
  },
  {
    reason: 'The text of the database’s driver is not for clients.',
    path: /^detail\.1$/,
    matches: (reference, ours) => String(reference).startsWith('(pymysql.') && typeof ours === 'string',
  },
  {
    reason: 'Descriptions of flavors and connector types are texts of the reference; what they describe is the same.',
    path: /(^|\.)(config_schema\..*|connector_type\.(.*\.)?|auth_methods\..*|resource_types\..*)?description$/,
    matches: (reference, ours) => typeof reference === 'string' && (ours === '' || ours === undefined),
  },
  {
    reason: 'The titles of a connector’s settings say in our words what they are.',
    path: /(^|\.)auth_methods\..*\.title$/,
    matches: (reference, ours) => typeof reference === 'string' && typeof ours === 'string' && ours !== '',
  },
  {
    reason: 'The reference names its classes and tables where a text is compared with a number.',
    path: /^detail\.1$/,
    matches: (...both) => both.every((text) => String(text).startsWith('Failed to compare the column')),
  },
  {
    reason: 'The reference notices a wrong operator late where a filter goes through another table, and then says 400.',
    path: /^status$/,
    matches: (reference, ours) =>
      /^400 .*(isnull|oneof|can not be filtered)/.test(String(reference)) && String(ours).startsWith('422 '),
  },
  {
    reason:
      'A refreshed run shows its stack in full there, and its orchestrator, by the way of its making; without refresh neither does.',
    operation: /^GET \/api\/v1\/runs\/\{run_id\}$/,
    path: /^resources\.stack\.(metadata|resources)$/,
    matches: (_reference, ours) => ours === null,
  },
  {
    reason: 'The body is checked before the answer that there are no live events.',
    operation: /^POST \/api\/v1\/runs\/\{pipeline_run_id\}\/events$/,
    path: /^status$/,
    matches: (reference, ours) => String(reference).startsWith('501 ') && String(ours).startsWith('422 '),
  },
  {
    reason: 'The project of a request is looked up first.',
    operation: /^POST \/api\/v1\/(runs|models|deployments)$/,
    matches: (_reference, ours) => String(ours).includes('Unable to get project with name or ID'),
  },
  {
    reason: 'The reference answers before the metadata of a new wait condition is there.',
    operation: /^POST \/api\/v1\/run_wait_conditions$/,
    path: /^metadata\.run_metadata\./,
    matches: (reference, ours) => reference === undefined && ours !== undefined,
  },
  {
    reason: 'The reference answers before it tries to resume the run whose condition was resolved.',
    operation: /^PUT \/api\/v1\/run_wait_conditions\/\{run_wait_condition_id\}\/resolve$/,
    path: /^resources\.run\.body\.status(_reason)?$/,
    matches: (reference, ours) =>
      (reference === 'running' && ours === 'paused') ||
      reference === null ||
      (reference === 'Waiting for input.' && ours === 'Waiting for manual resume.'),
  },
  {
    reason: 'Only connector types that this server can verify are offered: clients bring the others along.',
    operation: /^GET \/api\/v1\/service_connector_types(\/|$)/,
    path: /^(length|status)$/,
    // How many the reference offers follows from the Python packages beside it.
    matches: (reference, ours) => (Number(reference) > 1 && ours === 1) || String(ours).includes('is not available'),
  },
  {
    reason: 'A wrong token, spent or not, is a wrong token: the reference fails in its password library.',
    operation: /\/activate$/,
    path: /^status$/,
    matches: (reference, ours) => String(reference).startsWith('422 ') && String(ours).startsWith('401 '),
  },
  {
    reason: 'A taken name is named as it was asked for; the reference names the one that the snapshot has.',
    operation: /^PUT \/api\/v1\/pipeline_snapshots\//,
    path: /^detail\.1$/,
    matches: (...both) => both.every((text) => /^Snapshot with name .* already exists/.test(String(text))),
  },
  {
    reason: 'Pruning artifacts over HTTP fails in the reference with a TypeError of its own.',
    operation: /^DELETE \/api\/v1\/artifact_versions$/,
    path: /^status$/,
    matches: (reference, ours) =>
      String(reference).includes('missing 1 required positional argument') && ours === '200',
  },
  {
    reason: 'The words about events are our own.',
    operation: /^GET \/api\/v1\/supported-events$/,
    path: /\.description$/,
    matches: (...both) => both.every((text) => typeof text === 'string' && text !== ''),
  },
  {
    reason: 'Of runs that were created in the same second either may be the latest.',
    operation: /^(GET|PUT) \/api\/v1\/pipelines(\/|$)/,
    path: /(^|\.)resources\.latest_run_(id|status|user.*)$/,
    matches: (...both) => both.every((value) => value != null),
  },
  {
    reason: 'Each request has an id of its own, which answers to unexpected errors carry.',
    path: /(^|\.)request_id$/,
  },
  {
    reason: 'What the server is and how busy it is.',
    operation: /^GET \/api\/v1\/(info|load-info)$/,
    path: /^(deployment_type|metadata|last_user_activity|threads.*|connections.*|id)(\.|$)/,
  },
];

/** Why this difference is meant; undefined for one that is not. */
export function reasonFor(operation: string, { path, reference, ours }: Difference): string | undefined {
  return keptDifferences.find(
    (kept) =>
      (kept.operation?.test(operation) ?? true) &&
      (kept.path?.test(path) ?? true) &&
      (kept.matches?.(reference, ours) ?? true),
  )?.reason;
}

/** Tables whose rows differ after a script, with the reason: the first text must stand in the row. */
export const keptRows: Record<string, { contains: string; only: 'reference' | 'ours'; reason: string }[]> = {
  step_run: [{ contains: '"name":"load"', only: 'reference', reason: 'A refused step leaves a row in the reference.' }],
  run_metadata: [
    { contains: '"key":"a"', only: 'reference', reason: 'Metadata refused at its second value leaves the first one.' },
  ],
  run_metadata_resource: [
    { contains: '"resource_type":"pipeline_run"', only: 'reference', reason: 'The link of that first value.' },
  ],
};

/** Answers that are sets: the reference gives their members in an order that changes from start to start. */
const sets = /^GET \/api\/v1\/onboarding_state$/;

/** Whether an answer of this operation is a set. */
export function isSet(operation: string): boolean {
  return sets.test(operation);
}

/**
 * The part of an answer that is compared. Of a refused request (422) clients see which fields are wrong; the words are
 * those of a Python package, which also shows lines of source code, the input once more and links to its manual. Where
 * the reference refuses the fields of a filter or sort, the words are not compared either.
 */
export function comparable(status: number, body: Json): Json {
  if (status === 200 && isObject(body) && Array.isArray(body['edges']))
    return { ...body, edges: inOrder(body['edges']) };
  if (status !== 422) return body;
  if (Array.isArray(body)) return [body[0] ?? null, fieldsOf(String(body[1]))];
  if (typeof body !== 'object' || body === null || !Array.isArray(body['detail'])) return body;
  return { ...body, detail: [body['detail'][0] ?? null] };
}

/** Edges of a graph have no order; the reference's changes from call to call. Ids differ where both have written. */
function inOrder(edges: Json[]): Json[] {
  const keyOf = (edge: Json) => JSON.stringify(edge).replace(/[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}/g, '');
  return [...edges].sort((left, right) => (keyOf(left) < keyOf(right) ? -1 : 1));
}

/** The fields that a message about a wrong request names, such as `'body', 'name'`, each once. */
function fieldsOf(message: string): Json {
  const places = [...message.matchAll(/'loc': \(([^)]*)\)/g)].map(([, place = '']) => {
    const [part, field] = place.split(', ').map((text) => text.replace(/,$/, ''));
    // A body that is no JSON is wrong at a position, which depends on the parser.
    return field === undefined || /^\d*$/.test(field) ? (part ?? '') : `${part}, ${field}`;
  });
  return [...new Set(places)].sort();
}
