import { RequestValidationError } from '../errors.ts';

/** One mistake in a request, in pydantic's terms. */
export interface Issue {
  /** Pydantic's name of the mistake, e.g. `missing`. */
  readonly type: string;
  readonly message: string;
  /** Where: `['body', 'name']`. */
  readonly location: readonly (string | number)[];
  readonly input?: string;
}

/**
 * The error for a body that fits its schema but not a rule of it, which the reference checks with the schema.
 * @param path of the wrong member within the body; none where several do not fit together.
 */
export function invalidBody(message: string, ...path: string[]): RequestValidationError {
  const issue = { type: 'value_error', message: `Value error, ${message}`, location: ['body', ...path] };
  return new RequestValidationError(issuesText([issue]));
}

/** One error for all mistakes of two, in their order. */
export function allIssues(first: RequestValidationError, second: RequestValidationError): RequestValidationError {
  const lines = [first, second].map(({ message }) => message.split('\n  '));
  const found = lines.flatMap(([, ...issues]) => issues);
  return new RequestValidationError([countText(found.length), ...found].join('\n  '));
}

const countText = (count: number): string => `${count} validation error${count === 1 ? '' : 's'}:`;

/** The text of a 422 answer: how many mistakes, then one line each, in the words that clients know from the reference. */
export function issuesText(issues: readonly Issue[]): string {
  return [countText(issues.length), ...issues.map((issue) => `  ${issueText(issue)}`)].join('\n');
}

function issueText({ type, message, location, input }: Issue): string {
  const parts = location.map((part) => (typeof part === 'number' ? String(part) : `'${part}'`));
  const place = parts.length === 1 ? `${parts[0]},` : parts.join(', ');
  const shown = input === undefined ? '' : `, 'input': ${JSON.stringify(input)}`;
  return `{'type': '${type}', 'loc': (${place}), 'msg': ${quoted(message)}${shown}}`;
}

/** As Python prints a text: in single quotes unless it holds some and no double ones. */
function quoted(text: string): string {
  if (text.includes("'") && !text.includes('"')) return `"${text}"`;
  return `'${text.replaceAll("'", "\\'")}'`;
}
