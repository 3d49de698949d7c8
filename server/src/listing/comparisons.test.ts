import {
  type CompiledQuery,
  DummyDriver,
  Kysely,
  MysqlAdapter,
  MysqlIntrospector,
  MysqlQueryCompiler,
  sql,
} from 'kysely';
import {
  type Comparator,
  compareBoolean,
  compareInstant,
  compareInteger,
  compareJsonText,
  compareText,
  compareUuid,
} from './comparisons.ts';

const db = new Kysely<unknown>({
  dialect: {
    createAdapter: () => new MysqlAdapter(),
    createDriver: () => new DummyDriver(),
    createIntrospector: (database) => new MysqlIntrospector(database),
    createQueryCompiler: () => new MysqlQueryCompiler(),
  },
});

/** The SQL of a comparison with its parameters filled in, for reading. */
function compile(compare: Comparator, text: string): string {
  const compiled: CompiledQuery = compare(text)(sql`c`).compile(db);
  return compiled.parameters.reduce<string>((query, value) => query.replace('?', JSON.stringify(value)), compiled.sql);
}

const ID = '0facf246-36d7-4ad6-aa65-11dff8d52bce';
const HEX = ID.replaceAll('-', '');

describe('comparisons', () => {
  test.each<[string, Comparator, string, string]>([
    ['text', compareText, 'abc', 'c = "abc"'],
    ['a colon that is no operator', compareText, 'http://x', 'c = "http://x"'],
    ['equals', compareText, 'equals:a:b', 'c = "a:b"'],
    ['notequals', compareText, 'notequals:a', 'c != "a"'],
    ['contains', compareText, 'contains:a', 'c like "%a%"'],
    ['notcontains', compareText, 'notcontains:a', 'c not like "%a%"'],
    ['startswith', compareText, 'startswith:a', 'c like "a%"'],
    ['endswith', compareText, 'endswith:a', 'c like "%a"'],
    ['oneof', compareText, 'oneof:["a", "b"]', 'c in ("a", "b")'],
    ['notoneof', compareText, 'notoneof:["a"]', 'c not in ("a")'],
    ['isnull', compareText, 'isnull:', 'c is null'],
    ['isnotnull', compareText, 'isnotnull:', 'c is not null'],
    ['numbers in text', compareText, 'gte:1.5', '(cast(c as double) and cast(c as double) >= 1.5)'],
    ['a number as Python writes it', compareText, 'gt: 1_000 ', '(cast(c as double) and cast(c as double) > 1000)'],
    ['what a list may hold', compareText, 'oneof:["a", 1.5, true, null]', 'c in ("a", 1.5, true, null)'],
    ['JSON text', compareJsonText, 'a', '(c = "a" or c = "\\"a\\"")'],
    ['an id', compareUuid, ID, `c = "${HEX}"`],
    ['an id without hyphens', compareUuid, HEX.toUpperCase(), `c = "${HEX}"`],
    ['the beginning of an id', compareUuid, 'startswith:0facf246-3', 'c like "0facf2463%"'],
    ['what is no id', compareUuid, 'abc', 'false'],
    ['not what is no id', compareUuid, 'notequals:abc', 'true'],
    ['an integer', compareInteger, 'lt:7', 'c < 7'],
    ['an integer as Python writes it', compareInteger, '1_0', 'c = 10'],
    ['true', compareBoolean, 'true', 'c = 1'],
    ['not false', compareBoolean, 'notequals:0', 'c != 0'],
    ['an instant', compareInstant, 'gt:2026-01-02 03:04:05', 'c > "2026-01-02 03:04:05"'],
    ['an instant of the first leap year', compareInstant, '0004-02-29 00:00:00', 'c = "0004-02-29 00:00:00"'],
    [
      'a range',
      compareInstant,
      'in:2026-01-01 00:00:00,2026-02-01 00:00:00',
      'c between "2026-01-01 00:00:00" and "2026-02-01 00:00:00"',
    ],
  ])('%s', (_title, compare, text, expected) => {
    expect(compile(compare, text)).toBe(expected);
  });

  test.each<[string, Comparator, string]>([
    ['a list that is no JSON', compareText, 'oneof:a'],
    ['a list that is an object', compareText, 'notoneof:{}'],
    ['a value for isnull', compareText, 'isnull:a'],
    ['a number that is none', compareText, 'gt:a'],
    ['an infinite number', compareText, 'gt:Infinity'],
    ['a number that is too large', compareText, 'gt:1e999'],
    ['a hexadecimal number', compareText, 'gt:0x10'],
    ['a list in a list', compareText, 'oneof:[[1, 2]]'],
    ['an object in a list', compareText, 'oneof:[{"name": 1}]'],
    ['an object in a list for JSON text', compareJsonText, 'notoneof:[{"name": 1}]'],
    ['a number in a list that is too large', compareText, 'notoneof:[1e999]'],
    ['an integer that is too large', compareInteger, '9'.repeat(400)],
    ['text for an integer', compareInteger, 'a'],
    ['an operator that integers have not', compareInteger, 'contains:1'],
    ['a flag that is none', compareBoolean, '2'],
    ['an operator that flags have not', compareBoolean, 'gt:true'],
    ['a day that does not exist', compareInstant, '2026-02-30 00:00:00'],
    ['a leap second', compareInstant, '2016-12-31 23:59:60'],
    ['the year 0', compareInstant, '0000-01-01 00:00:00'],
    ['a range of three', compareInstant, 'in:2026-01-01 00:00:00,2026-01-02 00:00:00,2026-01-03 00:00:00'],
    ['a range of one', compareInstant, 'in:2026-01-01 00:00:00'],
    ['two instants for one', compareInstant, 'gt:2026-01-01 00:00:00,2026-01-02 00:00:00'],
  ])('%s is refused', (_title, compare, text) => {
    expect(() => compare(text)).toThrow();
  });
});
