import { setTimeout as sleep } from 'node:timers/promises';
import { type ImageReference, isLoopback, parseImage } from './image-reference.ts';
import type { ImageRegistry } from './image-registry.ts';

/** Says why an image can certainly not be pulled. @returns `undefined` where it can, or where that is not known */
export type FindAbsence = (image: string, signal: AbortSignal) => Promise<string | undefined>;

/** How long an image that was there is taken to be there, milliseconds. */
const PRESENT = 60_000;
/** How long a registry that did not answer is not asked again: nodes may reach it where the server does not. */
const SILENT = 5 * 60_000;
/** How long a launch waits for a registry, milliseconds. */
const PATIENCE = 3000;
const MAX_REMEMBERED = 1000;

/**
 * Looks for images right before they are used, without keeping launches waiting: what is known is asked for once a while.
 * The server's own loopback is not the nodes'.
 */
export function createAbsenceCheck(registry: ImageRegistry): FindAbsence {
  const settled = new Map<string, number>();
  const isSettled = (key: string) => (settled.get(key) ?? 0) > Date.now();
  const settle = (key: string, milliseconds: number) => {
    if (settled.size >= MAX_REMEMBERED) settled.clear();
    settled.set(key, Date.now() + milliseconds);
  };
  return async (name, signal) => {
    const image = parseImage(name);
    if (!image) return `\`${name}\` is not the name of an image.`;
    if (isLoopback(image.registry) || isSettled(image.registry) || isSettled(name)) return undefined;
    const answer = await askInTime(registry, image, signal);
    if (answer?.outcome === 'no') return `The registry ${image.registry} ${answer.message}.`;
    if (answer?.outcome === 'yes') settle(name, PRESENT);
    else settle(answer?.outcome === 'refused' ? name : image.registry, SILENT);
    return undefined;
  };
}

async function askInTime(registry: ImageRegistry, image: ImageReference, signal: AbortSignal) {
  const over = new AbortController();
  const asking = AbortSignal.any([signal, over.signal]);
  try {
    const late = sleep(PATIENCE, undefined, { signal: over.signal }).catch(() => undefined);
    const asked = registry.hasImage(image, asking).catch(() => undefined);
    const answer = await Promise.race([asked, late]);
    signal.throwIfAborted();
    return answer;
  } finally {
    over.abort();
  }
}
