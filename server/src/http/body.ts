import type { IncomingMessage } from 'node:http';
import { issuesText } from '../contract/issues.ts';
import type { OperationBody } from '../contract/operation-index.ts';
import { RequestValidationError } from '../errors.ts';
import { mayHoldExactNumbers, parseExactly, textOfNonFinite } from '../exact-numbers.ts';
import { HttpError } from '../http-error.ts';
import { toValidJson } from '../python-json.ts';
import { nestsTooDeep, refuseLoneSurrogates } from './json-limits.ts';

/** A body as it was sent. */
export interface ReadBody {
  /** With ordinary numbers, as the contract's schemas check them. */
  readonly value: unknown;
  /** The same with numbers kept exact, where it may have such. */
  readonly exact?: unknown;
}

/**
 * Reads a request's body, at most `limit` bytes.
 * @throws HttpError 413 over the limit, 400 for bytes that are no UTF-8 and for JSON that nests too deep, 403 for files;
 * {@link RequestValidationError} for a missing body and for text that is no JSON.
 */
export async function readBody(request: IncomingMessage, expected: OperationBody, limit: number): Promise<ReadBody> {
  const sent = request.headers['content-type'] ?? '';
  if (/multipart\/form-data/i.test(sent)) throw new HttpError(403, { detail: NO_FILES });
  const bytes = await readBytes(request, limit);
  if (expected.contentType === 'application/x-www-form-urlencoded') return { value: readForm(bytes.toString('utf8')) };
  const text = toText(bytes);
  if (text.trim() === '') return { value: missingBody(expected) };
  // Otherwise a page of another origin could send a body without asking this server whether it may.
  if (!JSON_TYPE.test(sent)) throw new RequestValidationError(issuesText([NOT_JSON]));
  if (nestsTooDeep(text)) throw unreadable();
  const body = parseJson(text);
  refuseLoneSurrogates(text, body.value);
  return body;
}

const NO_FILES = 'File uploads are not allowed on this endpoint.';
const JSON_TYPE = /^\s*application\/(?:[\w.!#$&^-]+\+)?json\s*(?:;|$)/i;
const NOT_JSON = {
  type: 'model_attributes_type',
  message: 'Input should be a valid dictionary or object to extract fields from',
  location: ['body'],
};

const unreadable = () => new HttpError(400, { detail: 'There was an error parsing the body' });

/** A byte order mark in front is left out. */
function toText(bytes: Buffer): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    throw unreadable();
  }
}

function parseJson(text: string): ReadBody {
  try {
    return parseBody(text);
  } catch (error) {
    const reason = error instanceof SyntaxError ? error.message : 'unreadable';
    const issue = { type: 'json_invalid', message: 'JSON decode error', location: ['body', 0], input: reason };
    throw new RequestValidationError(issuesText([issue]));
  }
}

/**
 * Python's `json` writes and reads `NaN` and `Infinity` too. They are checked as the floats that they are, and kept
 * beside that as numbers that are not finite: `JSON.stringify`, which all storing goes through, makes null of those.
 * @throws SyntaxError
 */
function parseBody(text: string): ReadBody {
  try {
    const value: unknown = JSON.parse(text);
    return mayHoldExactNumbers(text) ? { value, exact: parseExactly(text) } : { value };
  } catch (error) {
    const float = toValidJson(text, () => '0.5');
    if (float === text) throw error;
    return { value: JSON.parse(float), exact: parseExactly(toValidJson(text, textOfNonFinite)) };
  }
}

/** A field that was left empty counts as absent, as in the reference: an API key may come with an empty user name. */
function readForm(text: string): Record<string, string> {
  return Object.fromEntries([...new URLSearchParams(text)].filter(([, value]) => value !== ''));
}

function missingBody({ required }: OperationBody): undefined {
  if (!required) return undefined;
  throw new RequestValidationError(issuesText([{ type: 'missing', message: 'Field required', location: ['body'] }]));
}

/**
 * Reads a request's body as it was sent, at most `limit` bytes.
 * @throws HttpError 413 over the limit, 400 for one that is cut short
 */
export async function readBytes(request: IncomingMessage, limit: number): Promise<Buffer> {
  const tooLarge = new HttpError(413, { detail: `The request body is larger than ${limit} bytes.` });
  if (Number(request.headers['content-length'] ?? 0) > limit) throw tooLarge;
  const chunks: Buffer[] = [];
  let size = 0;
  try {
    for await (const chunk of request as AsyncIterable<Buffer>) {
      size += chunk.length;
      if (size > limit) throw tooLarge;
      chunks.push(chunk);
    }
  } catch (error) {
    // A client that goes away while it sends is no failure of this server.
    throw error === tooLarge ? error : unreadable();
  }
  return Buffer.concat(chunks);
}
