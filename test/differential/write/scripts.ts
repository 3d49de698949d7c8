import { access } from './access.ts';
import { connectorsScript } from './connectors.ts';
import { projects, serviceAccounts, users } from './identities.ts';
import { malformed } from './malformed.ts';
import { deletions, modelsScript } from './models.ts';
import { nonAdmins } from './non-admins.ts';
import { numbersScript } from './numbers.ts';
import { buildsAndSchedules, pipelinesScript, snapshots, templates } from './pipelines.ts';
import { artifacts, metadata, runsScript, steps } from './runs.ts';
import type { WriteScript } from './script.ts';
import { deploymentsScript, servicesScript } from './serving.ts';
import { flavors, secrets, stacksScript, tags } from './stacks.ts';
import { statisticsScript } from './statistics.ts';
import { triggersScript, webhooksScript } from './triggers.ts';
import { visualizationsScript } from './visualizations.ts';
import { waitConditionsScript } from './wait-conditions.ts';

/** In the order in which they run: the last ones delete what the others use. */
export const writeScripts: WriteScript[] = [
  access,
  malformed,
  users,
  serviceAccounts,
  projects,
  stacksScript,
  flavors,
  secrets,
  tags,
  pipelinesScript,
  snapshots,
  buildsAndSchedules,
  templates,
  runsScript,
  steps,
  artifacts,
  metadata,
  numbersScript,
  connectorsScript,
  servicesScript,
  deploymentsScript,
  visualizationsScript,
  waitConditionsScript,
  statisticsScript,
  modelsScript,
  triggersScript,
  webhooksScript,
  nonAdmins,
  deletions,
];
