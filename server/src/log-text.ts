import type { DestinationStream } from 'pino';

interface Line {
  readonly time: string;
  readonly level: string;
  readonly msg?: string;
  readonly err?: { readonly stack?: string; readonly message?: string };
}

/** Turns pino's JSON lines into lines for people: time, level, message, fields, and an error's stack below. */
export function textLines(output: DestinationStream): DestinationStream {
  return { write: (line) => output.write(`${toText(line)}\n`) };
}

function toText(line: string): string {
  const { time, level, msg = '', err, ...fields } = JSON.parse(line) as Line & Record<string, unknown>;
  const pairs = Object.entries(fields).map(([name, value]) => `${name}=${toValue(value)}`);
  const head = [time, level.toUpperCase().padEnd(5), msg, ...pairs].filter((part) => part !== '').join(' ');
  const error = err?.stack ?? err?.message;
  return error ? `${head}\n${error}` : head;
}

function toValue(value: unknown): string {
  return typeof value === 'string' && /^[\w.:/-]+$/.test(value) ? value : JSON.stringify(value);
}
