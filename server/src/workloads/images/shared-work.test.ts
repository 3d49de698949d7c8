import { createSharedWork } from './shared-work.ts';

const { signal } = new AbortController();

test('work is done once for all who ask for it meanwhile, and each hears what it tells, also from before it came', async () => {
  const share = createSharedWork<string>();
  const heard: string[][] = [[], []];
  const done = Promise.withResolvers<string>();
  let begun = 0;
  let say: (news: string) => void = () => undefined;
  const ask = (index: number) =>
    share('image', {
      signal,
      work(_ending, tell) {
        begun += 1;
        say = tell;
        return done.promise;
      },
      hear: (news) => heard[index]?.push(news),
    });
  const first = ask(0);
  say('one');
  const second = ask(1);
  say('two');
  done.resolve('built');
  expect(await Promise.all([first, second])).toEqual(['built', 'built']);
  expect(heard).toEqual([
    ['one', 'two'],
    ['one', 'two'],
  ]);
  expect(begun).toBe(1);
});
