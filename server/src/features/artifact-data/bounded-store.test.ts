import { Readable } from 'node:stream';
import { readWhole } from '../../artifact-stores/artifact-store.ts';
import { createLocalStore } from '../../artifact-stores/local-store.ts';
import { boundStore } from './bounded-store.ts';

test('a bucket whose connection breaks while it is read is said to be the bucket, and not the database', async () => {
  const reset = Object.assign(new Error('read ECONNRESET'), { code: 'ECONNRESET' });
  const breaking = async function* () {
    yield Buffer.from('half');
    throw reset;
  };
  const bucket = { ...createLocalStore(), read: async () => Readable.from(breaking()) };
  const store = boundStore(bucket, 's3://bucket', 'artifacts');
  await expect(readWhole(store, 's3://bucket/log', 100)).rejects.toMatchObject({
    name: 'RuntimeError',
    message: "The artifact store 'artifacts' cannot be read: read ECONNRESET",
  });
});
