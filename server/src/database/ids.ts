import { randomUUID } from 'node:crypto';

const UUID = /^(?:urn:uuid:)?\{?[0-9a-f]{8}-?(?:[0-9a-f]{4}-?){3}[0-9a-f]{12}\}?$/i;

/** Whether a text is a UUID in one of the forms that Python's `UUID()` takes: with or without hyphens. */
export function isUuid(text: string): boolean {
  return UUID.test(text);
}

/** An id as the tables hold it: 32 hexadecimal digits in lower case. */
export function toDatabaseId(uuid: string): string {
  return uuid
    .replace(/^urn:uuid:/i, '')
    .replace(/[-{}]/g, '')
    .toLowerCase();
}

/** A nullable reference as the tables hold it. */
export function toNullableId(uuid: string | null | undefined): string | null {
  return uuid == null ? null : toDatabaseId(uuid);
}

/** An id as the API shows it: hyphenated, in lower case. */
export function fromDatabaseId(id: string): string {
  return `${id.slice(0, 8)}-${id.slice(8, 12)}-${id.slice(12, 16)}-${id.slice(16, 20)}-${id.slice(20)}`;
}

/** A nullable reference as the API shows it. */
export function fromNullableId(id: string | null): string | null {
  return id === null ? null : fromDatabaseId(id);
}

/** A new random id in database form. */
export function newId(): string {
  return toDatabaseId(randomUUID());
}
