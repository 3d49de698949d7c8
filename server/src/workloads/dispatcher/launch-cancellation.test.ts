import { pino } from 'pino';
import { newId } from '../../database/ids.ts';
import { workloadName } from '../launch.ts';
import { createLaunchCancellation } from './launch-cancellation.ts';

test('a run is stopped also while its cluster is away: each of its runners is tried, and what fails is logged', async () => {
  const [runId, tried, logged] = [newId(), [] as string[], [] as string[]];
  const remove = async (name: string) => {
    tried.push(name);
    throw new Error('connect ECONNREFUSED');
  };
  const log = pino({ level: 'warn' }, { write: (line: string) => void logged.push(line) });
  await createLaunchCancellation({ remove }, log).removeRunners(runId, [1, 2]);
  expect(tried).toEqual([workloadName(runId, 1), workloadName(runId, 2)]);
  expect(logged).toHaveLength(2);
});
