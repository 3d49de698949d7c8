import { hashPassword } from '../auth/passwords.ts';
import type { Database, Transaction } from '../database/database.ts';
import { newId, toDatabaseId } from '../database/ids.ts';
import { now } from '../database/instants.ts';
import { withStartupLock } from '../database/startup-lock.ts';
import { inTransaction } from '../database/transaction.ts';
import { createProjectsService } from '../features/projects/projects-service.ts';
import { createOnboarding } from '../features/server/onboarding.ts';
import { ensureDefaultStack } from './default-stack.ts';
import * as store from './first-start-store.ts';
import { syncFlavors } from './flavor-catalogue.ts';

/** What a first start puts into an empty database. Later starts look only at the default project and the activation. */
export interface FirstStartOptions {
  /** The server's identity, a UUID; a random one where it is left out (`ZENML_SERVER_EXTERNAL_SERVER_ID`). */
  readonly serverId?: string;
  readonly serverName: string;
  readonly enableAnalytics: boolean;
  readonly displayAnnouncements: boolean;
  readonly displayUpdates: boolean;
  /** Left out where a control plane makes the projects. */
  readonly defaultProjectName?: string;
  /**
   * Whether a server that is not active yet becomes so: with an administrator, or with none where the users come from
   * elsewhere (`EXTERNAL`). Left out, the first visitor of the dashboard activates it and chooses name and password.
   */
  readonly activation?: { readonly admin?: { readonly name: string; readonly password: string } };
}

/** What was missing and has been made, in words for the log. */
export type FirstStartReport = readonly string[];

/**
 * Makes what every database has: server settings, flavors, default project, default stack and administrator; all or
 * nothing, and each only where it is missing. Of several replicas that start at once one does it.
 */
export function ensureFirstStart(db: Database, options: FirstStartOptions): Promise<FirstStartReport> {
  return withStartupLock(db, (connection) =>
    inTransaction(connection, async (transaction) => {
      const made: string[] = [];
      if (await ensureSettings(transaction, options)) made.push('server settings');
      const flavors = await syncFlavors(transaction, 'outdated');
      if (flavors > 0) made.push(`${flavors} flavors`);
      if (await ensureDefaultProject(transaction, options.defaultProjectName)) made.push('default project');
      if (await ensureDefaultStack(transaction)) made.push('default stack');
      made.push(...(await activate(transaction, options.activation)));
      return made;
    }),
  );
}

async function ensureSettings(transaction: Transaction, options: FirstStartOptions): Promise<boolean> {
  if (await store.lockActivation(transaction)) return false;
  await store.insertSettings(transaction, {
    id: options.serverId === undefined ? newId() : toDatabaseId(options.serverId),
    server_name: options.serverName,
    enable_analytics: Number(options.enableAnalytics),
    display_announcements: Number(options.displayAnnouncements),
    display_updates: Number(options.displayUpdates),
  });
  return true;
}

async function ensureDefaultProject(transaction: Transaction, name: string | undefined): Promise<boolean> {
  if (name === undefined || (await store.projectExists(transaction, name))) return false;
  const projects = createProjectsService(name, createOnboarding());
  await projects.create(transaction, { name, display_name: '', description: '' });
  return true;
}

/** Activates once: an administrator that was renamed or deleted since is not made again. */
async function activate(transaction: Transaction, activation: FirstStartOptions['activation']): Promise<string[]> {
  const settings = await store.lockActivation(transaction);
  if (activation === undefined || settings?.active === 1) return [];
  await store.setActive(transaction);
  if (activation.admin === undefined) return ['activation'];
  const { name, password } = activation.admin;
  await store.insertAdmin(transaction, {
    name,
    password: await hashPassword(password),
    // An empty password counts as none that was set.
    password_changed_at: password === '' ? null : now(),
  });
  return ['activation', `administrator ${name}`];
}
