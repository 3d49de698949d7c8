import { fromDatabaseId, fromNullableId, isUuid, newId, toDatabaseId, toNullableId } from './ids.ts';

const DATABASE = '0d3695d8158c4f408c8513165e716a51';
const API = '0d3695d8-158c-4f40-8c85-13165e716a51';

test.each([API, API.toUpperCase(), DATABASE, `{${API}}`, `urn:uuid:${API}`])('%s is an id', (text) => {
  expect(isUuid(text)).toBe(true);
  expect(toDatabaseId(text)).toBe(DATABASE);
});

test.each(['', 'default', `${API}0`, API.slice(1), `${DATABASE}\n`, 'g'.repeat(32)])('%j is none', (text) => {
  expect(isUuid(text)).toBe(false);
});

test('ids of the database are shown with hyphens', () => {
  expect(fromDatabaseId(DATABASE)).toBe(API);
  expect([fromNullableId(null), fromNullableId(DATABASE)]).toEqual([null, API]);
  expect([toNullableId(undefined), toNullableId(null), toNullableId(API)]).toEqual([null, null, DATABASE]);
});

test('new ids are version 4 in database form, each another', () => {
  const ids = Array.from({ length: 100 }, newId);
  expect(new Set(ids).size).toBe(100);
  for (const id of ids) expect(id).toMatch(/^[0-9a-f]{12}4[0-9a-f]{3}[89ab][0-9a-f]{15}$/);
});
