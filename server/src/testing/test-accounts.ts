import { hash } from 'bcrypt';
import { toDatabaseId } from '../database/ids.ts';
import type { TestAnswer, TestServer } from './test-server.ts';

/** Stored hashes say their cost themselves; this one keeps tests fast. */
const CHEAP_ROUNDS = 4;

/** Gives a user (API form of its id) a password, as if it had always had it. */
export async function setPassword({ database }: TestServer, userId: string, password: string): Promise<void> {
  await database.db
    .updateTable('user')
    .set({ password: await hash(password, CHEAP_ROUNDS) })
    .where('id', '=', toDatabaseId(userId))
    .execute();
}

/** Sends a form, as log-in and device authorization take it. */
export function sendForm<Body = Record<string, unknown>>(
  server: TestServer,
  path: string,
  form: Readonly<Record<string, string>>,
  headers: Readonly<Record<string, string>> = {},
): Promise<TestAnswer<Body>> {
  const type = { 'Content-Type': 'application/x-www-form-urlencoded' };
  return server.call<Body>('POST', path, new URLSearchParams(form).toString(), { ...type, ...headers });
}

/** Logs in and gives the access token. */
export async function logIn(server: TestServer, form: Readonly<Record<string, string>>): Promise<string> {
  const { status, body } = await sendForm<{ access_token: string }>(server, '/login', form);
  if (status !== 200) throw new Error(`log-in answered ${status}: ${JSON.stringify(body)}`);
  return body.access_token;
}

/** The header that a token or API key is sent in. */
export const bearer = (token: string): Record<string, string> => ({ Authorization: `Bearer ${token}` });
