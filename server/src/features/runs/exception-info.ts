import type { Model } from '../../contract/operation-types.ts';

/** What is stored of an exception: the fields that old clients leave out, or name otherwise, are there too. */
export function toStoredException(exception: Model<'ExceptionInfo'>): string {
  const line = exception.user_code_line ?? exception['step_code_line'] ?? null;
  return JSON.stringify({ source: null, message: null, ...exception, user_code_line: line });
}
