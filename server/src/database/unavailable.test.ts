import { isUnavailable } from './unavailable.ts';

const errorOf = (members: object) => Object.assign(new Error('read ECONNRESET'), members);

test.each([
  ['a connection of the database that breaks', { code: 'ECONNRESET', fatal: true }, true],
  ['one whose statement is told by promise', { code: 'ECONNRESET', sqlState: undefined }, true],
  ['a bucket whose connection breaks', { code: 'ECONNRESET', syscall: 'read' }, false],
  ['a file that is not there', { code: 'ENOENT' }, false],
  ['a primary that is none any more', { code: 'ER_OPTION_PREVENTS_STATEMENT', sqlState: 'HY000' }, true],
  ['no connection that became free', { code: 'POOL_TIMEOUT' }, true],
])('%s', (_what, members, expected) => {
  expect(isUnavailable(errorOf(members))).toBe(expected);
});
