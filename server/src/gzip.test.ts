import { randomBytes } from 'node:crypto';
import { gunzipSync, gzipSync } from 'node:zlib';
import { gunzip, gzip } from './gzip.ts';

test.each([
  ['short', 100],
  ['long', 2_000_000],
])('what is %s is compressed and expanded', async (_length, size) => {
  const bytes = randomBytes(size);
  expect(gunzipSync(await gzip(bytes)).equals(bytes)).toBe(true);
  expect((await gunzip(gzipSync(bytes))).equals(bytes)).toBe(true);
});

test('what is long lets others go on', async () => {
  const bytes = randomBytes(2_000_000);
  for (const work of [() => gzip(bytes), () => gunzip(gzipSync(bytes))]) {
    let others = false;
    const working = work();
    setImmediate(() => {
      others = true;
    });
    await working;
    expect(others).toBe(true);
  }
});
