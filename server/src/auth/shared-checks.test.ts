import type { Identity } from './identity.ts';
import { createSharedChecks } from './shared-checks.ts';

const identity: Identity = { user: { id: 'id', name: 'name', isAdmin: false, isServiceAccount: false } };

/** A check that ends when it is told to, and how many of it have begun. */
function heldCheck() {
  const ends: ((outcome: Identity | Error) => void)[] = [];
  const check = () =>
    new Promise<Identity>((resolve, reject) => {
      ends.push((outcome) => (outcome instanceof Error ? reject(outcome) : resolve(outcome)));
    });
  return { check, ends };
}

test('who comes during a check waits for one that begins later, all of them for the same', async () => {
  const share = createSharedChecks();
  const { check, ends } = heldCheck();
  const first = share('credential', check);
  const others = [share('credential', check), share('credential', check)];
  expect(ends).toHaveLength(1);
  ends[0]?.(identity);
  expect(await first).toBe(identity);
  const refused = Promise.allSettled(others);
  await new Promise(setImmediate);
  expect(ends).toHaveLength(2);
  ends[1]?.(new Error('revoked'));
  expect((await refused).map(({ status }) => status)).toEqual(['rejected', 'rejected']);
});

test('a check that fails keeps nobody from the next one, and nothing is remembered', async () => {
  const share = createSharedChecks();
  await expect(share('credential', () => Promise.reject(new Error('no database')))).rejects.toThrow('no database');
  expect(await share('credential', async () => identity)).toBe(identity);
  await expect(share('credential', () => Promise.reject(new Error('revoked')))).rejects.toThrow('revoked');
});

test('other credentials are checked by themselves', async () => {
  const share = createSharedChecks();
  const { check, ends } = heldCheck();
  const both = [share('one', check), share('other', check)];
  expect(ends).toHaveLength(2);
  for (const end of ends) end(identity);
  expect(await Promise.all(both)).toEqual([identity, identity]);
});
