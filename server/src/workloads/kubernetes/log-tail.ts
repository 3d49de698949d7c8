import { textLines } from '../../text-lines.ts';
import type { Cluster } from './cluster.ts';
import { createPodLogLines } from './pod-log-lines.ts';

/** How long it may take, milliseconds. */
const TIMEOUT = 15_000;

/** What is read of a pod's log. */
export interface LogTail {
  readonly namespace: string;
  readonly pod: string;
  /** May be left out where the pod has no other. */
  readonly container: string | undefined;
  /** How many lines, at most. */
  readonly lines: number;
  /** How much of a line, bytes, with the time that stands before it. */
  readonly longestLine: number;
}

/**
 * Reads the last lines of a pod's log, oldest first. A line may have any length: no more of it is held than what is given.
 * @throws {ApiException} where the pod is gone, its container has not begun, or the role does not allow it
 */
export async function readLogTail(
  { stream }: Cluster,
  { namespace, pod, container, lines, longestLine }: LogTail,
): Promise<readonly string[]> {
  const path = `/api/v1/namespaces/${namespace}/pods/${pod}/log`;
  const query = { timestamps: 'true', tailLines: String(lines), ...(container !== undefined && { container }) };
  const log = await stream(path, query, AbortSignal.timeout(TIMEOUT));
  const toLine = createPodLogLines(0);
  const messages: string[] = [];
  for await (const { text } of textLines(log, longestLine)) {
    // What has no time is said by the node: that it finds no such file, where the container is going.
    const line = toLine(text);
    if (line) messages.push(line.message);
  }
  return messages;
}
