import { setTimeout as sleep } from 'node:timers/promises';
import { repeatWork } from './repeated-work.ts';

/** Milliseconds: more often than anything here is looked at, and not while a test runs. */
const OFTEN = 1;
const SELDOM = 1_000_000;
/** Long enough for what has nothing to wait for. */
const moment = () => sleep(20);

/** Work that lasts until it is let go. */
function slowWork() {
  let begun = 0;
  let release: () => void = () => undefined;
  const work = () => {
    begun += 1;
    return new Promise<void>((resolve) => {
      release = resolve;
    });
  };
  return { work, count: () => begun, release: () => release() };
}

const unexpected = (error: unknown) => {
  throw error;
};

test('what takes longer than its interval is not queued up, and is waited for once', async () => {
  const { work, count, release } = slowWork();
  const repeated = repeatWork(OFTEN, work, unexpected);
  await moment();
  expect(count()).toBe(1);
  const stopped = repeated.stop();
  release();
  await stopped;
  await moment();
  expect(count()).toBe(1);
});

test('whoever wakes it while it is under way has it done once more', async () => {
  const { work, count, release } = slowWork();
  const repeated = repeatWork(SELDOM, work, unexpected);
  for (let waking = 0; waking < 3; waking++) repeated.wake();
  expect(count()).toBe(1);
  release();
  await moment();
  expect(count()).toBe(2);
  const stopped = repeated.stop();
  repeated.wake();
  release();
  await stopped;
  expect(count()).toBe(2);
});

test('what fails is told, and tried again', async () => {
  const twice = Promise.withResolvers<void>();
  const messages: unknown[] = [];
  const repeated = repeatWork(
    OFTEN,
    async () => Promise.reject(new Error('away')),
    (error) => {
      if (messages.push(String(error)) === 2) twice.resolve();
    },
  );
  await twice.promise;
  await repeated.stop();
  expect(messages).toEqual(['Error: away', 'Error: away']);
});
