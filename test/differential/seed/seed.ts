import type { Session } from '../session.ts';
import { type Identities, seedIdentities } from './identities.ts';
import { seedModels } from './models.ts';
import { type Pipelines, seedPipelines } from './pipelines.ts';
import { type Runs, seedRuns } from './runs.ts';
import { type Stacks, seedStacks } from './stacks.ts';
import { seedTriggers } from './triggers.ts';

/** Placeholders of what is there after seeding, for scripts that go on from it. */
export interface Seeded {
  who: Identities;
  stacks: Stacks;
  pipelines: Pipelines;
  runs: Runs;
}

/** Fills a new server through its API with some of everything, the way SDK clients do. */
export async function seed(session: Session): Promise<Seeded> {
  const who = await seedIdentities(session);
  const stacks = await seedStacks(session, who.userSession);
  const pipelines = await seedPipelines(session, who, stacks);
  const runs = await seedRuns(session, who, pipelines, stacks);
  await seedModels(session, who, runs);
  await seedTriggers(session, who, pipelines, runs, stacks);
  return { who, stacks, pipelines, runs };
}
