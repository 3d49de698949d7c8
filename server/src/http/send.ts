import { pipeline } from 'node:stream/promises';
import type { Response } from 'express';
import type { Reply } from '../contract/reply.ts';
import { stringify } from '../raw-json.ts';

/** Sends a JSON answer in one write. */
export function sendJson(response: Response, status: number, body: unknown): void {
  const json = Buffer.from(stringify(body), 'utf8');
  response.statusCode = status;
  response.setHeader('Content-Type', 'application/json');
  response.setHeader('Content-Length', json.length);
  response.end(json);
}

/** Sends an answer with headers, another status, or another body than JSON. */
export function sendReply(response: Response, status: number, { body, options }: Reply): void {
  for (const [name, value] of Object.entries(options.headers ?? {}))
    response.setHeader(name, value as string | string[]);
  const { raw } = options;
  if (raw === undefined) {
    sendJson(response, options.status ?? status, body);
    return;
  }
  response.statusCode = options.status ?? status;
  if (typeof raw === 'string' || Buffer.isBuffer(raw)) response.end(raw);
  else pipeline(raw, response).catch((error: unknown) => response.destroy(error instanceof Error ? error : undefined));
}
