import type { Session } from '../session.ts';
import { change, create } from './shapes.ts';

/** Placeholders of who and where everything else belongs to. */
export interface Identities {
  project: string;
  otherProject: string;
  admin: string;
  user: string;
  /** A session of a user who is no administrator. */
  userSession: Session;
}

/** Users (active, inactive, administrators), service accounts with API keys, and projects. */
export async function seedIdentities(session: Session): Promise<Identities> {
  const admin = await session.get('/current-user');
  const first = await session.get('/projects/default');
  const user = await create(session, '/users', {
    name: 'carol',
    full_name: 'Carol Jones',
    email: 'carol@example.com',
    email_opted_in: true,
    password: 'carols-password',
    active: true,
    is_admin: false,
    user_metadata: { theme: 'dark' },
  });
  await create(session, '/users', { name: 'dave', full_name: '', active: false, is_admin: false });
  await create(session, '/users', { name: 'erin', password: 'erins-password', active: true, is_admin: true });
  const other = await create(session, '/projects', {
    name: 'second-project',
    display_name: 'Second project',
    description: 'Another place',
    project_metadata: { icon: 'cube' },
  });
  await change(session, '/users/carol', { default_project_id: other.id });
  await seedServiceAccounts(session);
  await create(session, '/tags', { name: 'shared', color: 'blue', exclusive: false });
  await change(session, '/settings', { server_name: 'seeded', display_announcements: false });
  const userSession = await session.as('carol', 'carols-password');
  return { project: first.id, otherProject: other.id, admin: admin.id, user: user.id, userSession };
}

async function seedServiceAccounts(session: Session): Promise<void> {
  const robot = await create(session, '/service_accounts', {
    name: 'robot',
    full_name: 'The Robot',
    description: 'builds',
    active: true,
  });
  await create(session, '/service_accounts', { name: 'retired', active: false });
  const key = await create(session, `/service_accounts/${robot.id}/api_keys`, { name: 'ci', description: 'for CI' });
  await create(session, `/service_accounts/${robot.id}/api_keys`, { name: 'spare' });
  await change(session, `/service_accounts/${robot.id}/api_keys/${key.id}/rotate`, { retain_period_minutes: 60 });
  await change(session, `/service_accounts/${robot.id}/api_keys/spare`, { active: false });
}
