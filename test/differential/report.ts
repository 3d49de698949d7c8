import { writeFileSync } from 'node:fs';
import type { Json } from '../servers/json.ts';
import type { Verdict } from './judge.ts';

interface Case {
  part: string;
  operation: string;
  request: string;
}

interface Failure extends Case {
  details: string[];
}

const shownPerOperation = 3;

/** Collects what came of every comparison. */
export class Report {
  passed = 0;
  blocked = 0;
  readonly failures: Failure[] = [];
  /** Operations that answer 501, with how often they were asked. */
  readonly notImplemented = new Map<string, number>();
  /** By the reason of a kept difference: the operations that showed it, with how often. */
  readonly kept = new Map<string, Map<string, number>>();
  /** Requests by part, for the progress line. */
  readonly counts = new Map<string, number>();

  add(given: Case, verdict: Verdict): void {
    this.counts.set(given.part, (this.counts.get(given.part) ?? 0) + 1);
    if (verdict.kind === 'alike') this.passed += 1;
    else if (verdict.kind === 'kept') this.#keep(given.operation, verdict.reasons);
    else if (verdict.kind === 'blocked') this.blocked += 1;
    else if (verdict.kind === 'not implemented')
      this.notImplemented.set(given.operation, (this.notImplemented.get(given.operation) ?? 0) + 1);
    else this.fail(given, verdict.differences.map(describe));
  }

  /** An answer with differences that are meant counts as passed. */
  #keep(operation: string, reasons: string[]): void {
    this.passed += 1;
    for (const reason of reasons) {
      const operations = this.kept.get(reason) ?? new Map<string, number>();
      this.kept.set(reason, operations.set(operation, (operations.get(operation) ?? 0) + 1));
    }
  }

  fail(given: Case, details: string[]): void {
    this.failures.push({ ...given, details });
  }

  /** For people: failures by operation, the most frequent first. */
  text(): string {
    const groups = Map.groupBy(this.failures, ({ operation }) => operation);
    const sorted = [...groups].sort(([, left], [, right]) => right.length - left.length);
    const failed = sorted.map(([operation, failures]) => {
      const shown = failures.slice(0, shownPerOperation).map(failureText);
      return [`## ${operation}: ${failures.length}`, ...shown].join('\n');
    });
    const missing = [...this.notImplemented].map(([operation, count]) => `- ${operation} (${count} requests)`).sort();
    return [
      `${this.passed} passed, ${this.failures.length} failed, ${this.blocked} not sent for want of what others make`,
      `not implemented: ${missing.length} operations`,
      ...missing,
      `differences kept on purpose: ${this.kept.size} reasons`,
      ...[...this.kept].map(([reason, found]) => `- ${sum(found.values())} answers: ${reason}`),
      '',
      ...failed,
    ].join('\n');
  }

  /** For `npm test`. */
  writeJson(path: string): void {
    const counts = { passed: this.passed, failed: this.failures.length, skipped: this.blocked };
    const kept = Object.fromEntries([...this.kept].map(([reason, found]) => [reason, Object.fromEntries(found)]));
    const more = { notImplemented: Object.fromEntries(this.notImplemented), kept, failures: this.failures };
    writeFileSync(path, `${JSON.stringify({ ...counts, ...more }, null, 1)}\n`);
  }
}

function failureText({ part, request, details }: Failure): string {
  return [`- ${part}: \`${request}\``, ...details.map((detail) => `    - ${detail}`)].join('\n');
}

function describe({ path, reference, ours }: { path: string; reference: Json | undefined; ours: Json | undefined }) {
  return `${path || '(whole answer)'}: reference ${short(reference)}, ours ${short(ours)}`;
}

function short(value: Json | undefined): string {
  const text = value === undefined ? '(missing)' : JSON.stringify(value);
  return text.length > 240 ? `${text.slice(0, 240)}…` : text;
}

function sum(counts: Iterable<number>): number {
  return [...counts].reduce((total, count) => total + count, 0);
}
