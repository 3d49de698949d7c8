/**
 * Instants are UTC. The tables hold them as `datetime` without fractions, read as `YYYY-MM-DD HH:MM:SS`; the API shows
 * `YYYY-MM-DDTHH:MM:SS` without a zone, as the reference does.
 */
export function toApiInstant(instant: string): string {
  return instant.replace(' ', 'T');
}

/** A nullable instant as the API shows it. */
export function toNullableApiInstant(instant: string | null): string | null {
  return instant === null ? null : toApiInstant(instant);
}

/** The current time as the tables hold it, by the clock of this process: see database-time.ts. */
export function now(): string {
  return toDatabaseInstant(new Date());
}

/** A moment from now, in database form. */
export function instantAfter(seconds: number): string {
  return toDatabaseInstant(new Date(Date.now() + seconds * 1000));
}

/**
 * An instant of a request in database form. What has no zone is UTC.
 * @param instant ISO 8601, as the SDK sends it, or a date.
 */
export function toDatabaseInstant(instant: string | Date): string {
  const date = typeof instant === 'string' ? new Date(hasZone(instant) ? instant : `${instant}Z`) : instant;
  return date.toISOString().slice(0, 19).replace('T', ' ');
}

/** A nullable instant of a request in database form. */
export function toNullableDatabaseInstant(instant: string | null | undefined): string | null {
  return instant == null ? null : toDatabaseInstant(instant);
}

/** A date alone is UTC for JavaScript; a date with a time is local, unless it says otherwise. */
function hasZone(instant: string): boolean {
  return !instant.includes(':') || /(?:Z|[+-]\d{2}:?\d{2})$/i.test(instant);
}
