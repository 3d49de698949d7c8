import type { JsonObject } from '../../servers/json.ts';
import { chosenId } from '../seed/shapes.ts';
import type { Reply, Session } from '../session.ts';
import type { WriteScript } from './script.ts';

const form = { 'content-type': 'application/x-www-form-urlencoded' };

/** What somebody who is no administrator may do with accounts, keys, settings, devices and secrets, which are others'. */
export const nonAdmins: WriteScript = {
  name: 'non-admins',
  run: async (session, { who }) => {
    const carol = who.userSession;
    const { robot, account } = await serviceAccount(session);
    for (const caller of [carol, robot]) {
      await accounts(caller, who);
      await keys(caller, account.id);
      await caller.get('/settings?hydrate=true');
      await caller.put('/settings', { server_name: 'taken over' });
      await caller.put('/settings', { logo_url: 'https://example.com/logo.svg' });
      await caller.put('/activate', { server_name: 'x' });
      await caller.put('/secrets_operations/backup?delete_secrets=true');
      await caller.put('/secrets_operations/restore');
      await caller.post('/projects', { name: 'of-no-admin' });
      await caller.put('/projects/of-no-admin', { description: 'mine' });
      await caller.delete('/projects/of-no-admin');
      await caller.get('/api/v1/api_token');
    }
    await devices(session, carol);
    await secrets(session, carol);
    await session.delete(`/service_accounts/${account.id}`);
  },
};

/** A service account, and a session of its own by its key. */
async function serviceAccount(session: Session): Promise<{ robot: Session; account: Reply }> {
  const account = await session.post('/service_accounts', { name: 'no-admin', active: true });
  const key = await session.post(`/service_accounts/${account.id}/api_keys`, { name: 'own' });
  const raw = `grant_type=zenml-api-key&password=${encodeURIComponent('KEY')}`.replace('KEY', key.ref('body.key'));
  const login = await session.with('nobody', {}).post('/login', undefined, { raw, headers: form });
  return { robot: session.with('no-admin', { authorization: `Bearer ${login.ref('access_token')}` }), account };
}

const changes: JsonObject[] = [
  {},
  { full_name: 'x' },
  { is_admin: true },
  { active: false },
  { password: 'x' },
  { name: 'x' },
];

async function accounts(caller: Session, who: { admin: string; user: string }): Promise<void> {
  await caller.get('/users?hydrate=true');
  await caller.get('/users?name=admin');
  await caller.get('/users?logical_operator=or&name=admin&active=true');
  for (const user of ['admin', who.admin, 'erin', 'carol', who.user, 'robot', 'none']) {
    await caller.get(`/users/${user}?hydrate=true`);
  }
  for (const change of changes) await caller.put('/users/erin', change);
  await caller.put('/users/carol', { is_admin: true });
  await caller.put('/users/carol', { active: false });
  await caller.put('/users/erin/deactivate');
  await caller.put('/users/carol/deactivate');
  await caller.put('/users/erin/email-opt-in', { email: 'x@example.com', email_opted_in: true });
  await caller.delete('/users/erin');
  await caller.post('/users', { name: 'made-by-no-admin', is_admin: true });
  await caller.get('/current-user?hydrate=true');
  await caller.put('/current-user', { is_admin: true });
  await caller.put('/current-user', { active: false });
}

async function keys(caller: Session, account: string): Promise<void> {
  await caller.get('/service_accounts?hydrate=true');
  for (const name of ['robot', 'no-admin', account]) {
    await caller.get(`/service_accounts/${name}?hydrate=true`);
    await caller.get(`/service_accounts/${name}/api_keys?hydrate=true`);
    await caller.put(`/service_accounts/${name}`, { description: 'x' });
  }
  await caller.post('/service_accounts', { name: 'made-by-no-admin', active: true });
  const path = `/service_accounts/${account}/api_keys`;
  await caller.post(path, { name: 'more' });
  await caller.get(`${path}/own`);
  await caller.put(`${path}/own`, { active: false });
  await caller.put(`${path}/own/rotate`, { retain_period_minutes: 5 });
  await caller.delete(`${path}/own`);
  await caller.delete('/service_accounts/robot');
}

async function devices(session: Session, carol: Session): Promise<void> {
  const nobody = session.with('nobody', {});
  const ask = (client: string) =>
    nobody.post('/device_authorization', undefined, { raw: `client_id=${chosenId(client)}`, headers: form });
  const device = await ask('device of the admin');
  const id = device.ref('verification_uri_complete?device_id');
  await carol.get(`/devices/${id}`);
  await carol.get(`/devices/${id}?user_code=wrong`);
  await carol.put(`/devices/${id}`, { locked: true });
  await carol.delete(`/devices/${id}`);
  await session.put(`/devices/${id}/verify`, { user_code: device.ref('user_code'), trusted_device: true });
  for (const caller of [carol, session]) {
    await caller.get('/devices?hydrate=true');
    await caller.get(`/devices/${id}?hydrate=true`);
    await caller.put(`/devices/${id}/verify`, { user_code: device.ref('user_code') });
    await caller.put(`/devices/${id}`, { locked: true });
    await caller.put(`/devices/${id}`, { locked: false });
    await caller.delete(`/devices/${id}`);
  }
}

async function secrets(session: Session, carol: Session): Promise<void> {
  const own = await session.post('/secrets', { name: 'na-private', private: true, values: { a: 'b' } });
  const open = await session.post('/secrets', { name: 'na-open', values: { a: 'b' } });
  await carol.get('/secrets?name=na-private');
  await carol.get('/secrets?private=true&hydrate=true');
  await carol.get('/secrets?values=a');
  for (const { id } of [own, open]) {
    await carol.get(`/secrets/${id}?hydrate=true`);
    await carol.put(`/secrets/${id}`, { values: { a: 'c' } });
    await carol.put(`/secrets/${id}`, { private: true });
    await carol.delete(`/secrets/${id}`);
    await session.delete(`/secrets/${id}`);
  }
}
