import type { Identity } from './identity.ts';

/**
 * Lets requests with one credential share the checks of it. A request waits for a check that begins after it has come, so
 * what is revoked anywhere is refused by every replica from then on, and many requests at once cost one check, not many.
 */
export type ShareCheck = (credential: string, check: () => Promise<Identity>) => Promise<Identity>;

interface Line {
  /** Settles with the check that runs. */
  readonly running: Promise<void>;
  /** The check for which those wait that came while that one ran. */
  next: Promise<Identity> | undefined;
}

/** Remembers nothing but the checks that run. */
export function createSharedChecks(): ShareCheck {
  const lines = new Map<string, Line>();
  const begin: ShareCheck = (credential, check) => {
    const result = check();
    const end = () => {
      if (line.next === undefined) lines.delete(credential);
    };
    const line: Line = { running: result.then(end, end), next: undefined };
    lines.set(credential, line);
    return result;
  };
  return (credential, check) => {
    const line = lines.get(credential);
    if (!line) return begin(credential, check);
    line.next ??= line.running.then(() => begin(credential, check));
    return line.next;
  };
}
