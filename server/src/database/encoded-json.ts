import { toValidJson } from '../python-json.ts';

/**
 * JSON in a blob column: base64 of the UTF-8 text, as the reference stores labels, environments and configurations of
 * stacks, components and service connectors.
 */
export function encodeJson(value: unknown): Buffer {
  return Buffer.from(Buffer.from(JSON.stringify(value ?? null), 'utf8').toString('base64'), 'latin1');
}

/** The JSON text in a blob column; `undefined` for SQL NULL and for the JSON null. */
export function decodeJsonText(blob: Buffer | null): string | undefined {
  if (blob === null) return undefined;
  const text = toValidJson(Buffer.from(blob.toString('latin1'), 'base64').toString('utf8'));
  return text === 'null' ? undefined : text;
}

/** The value in a blob column; `undefined` for SQL NULL and for the JSON null. */
export function decodeJson(blob: Buffer | null): unknown {
  const text = decodeJsonText(blob);
  return text === undefined ? undefined : JSON.parse(text);
}
