import { unknownId, type WriteScript } from './script.ts';

export const users: WriteScript = {
  name: 'users',
  run: async (session, { who }) => {
    const carol = who.userSession;
    await session.post('/users', { name: 'carol', is_admin: false, active: true, password: 'x' });
    await session.post('/users', { name: 'robot', is_admin: false, active: true });
    await session.post('/users', { name: 'x'.repeat(300), is_admin: false });
    await carol.post('/users', { name: 'by-carol', is_admin: false });
    const frank = await session.post('/users', { name: 'frank', is_admin: false, active: false });
    await session.put(`/users/${frank.id}/activate`, { activation_token: 'wrong', password: 'p' });
    await session.put(`/users/${frank.id}/activate`, {
      activation_token: frank.ref('body.activation_token'),
      password: 'franks',
    });
    await session.put(`/users/${frank.id}/activate`, { activation_token: 'again', password: 'p' });
    await session.put('/users/frank', { full_name: 'Frank', email: 'frank@example.com', email_opted_in: true });
    await session.put('/users/frank', { name: 'carol' });
    await session.put(`/users/${frank.id}`, { is_admin: true });
    await carol.put('/users/frank', { full_name: 'by carol' });
    await carol.get('/users/frank');
    await carol.put('/users/carol', { full_name: 'Caroline', is_admin: true });
    await carol.put('/current-user', { full_name: 'Caroline' });
    await carol.put('/current-user', { password: 'new' });
    await carol.put('/current-user', { password: 'carols-password', old_password: 'wrong' });
    await carol.put('/current-user', { password: 'carols-password', old_password: 'carols-password' });
    await carol.put('/current-user', { name: 'admin' });
    await session.put('/current-user', { default_project_id: unknownId });
    await session.put('/current-user', { user_metadata: { seen: ['a', 'b'] } });
    await session.put('/current-user', { user_metadata: { more: 1 } });
    await session.put('/users/admin', { is_admin: false });
    await session.put('/users/admin', { active: false });
    await session.put('/users/admin/deactivate');
    await carol.put('/users/frank/deactivate');
    await session.put('/users/frank/deactivate');
    await session.put('/users/erin/email-opt-in', { email: 'e@example.com', email_opted_in: false });
    await session.put('/users/robot', { full_name: 'no user' });
    await session.delete('/users/admin');
    await carol.delete('/users/frank');
    await session.delete('/users/carol');
    await session.delete('/users/frank');
    await session.get('/users/frank');
    await session.delete('/users/frank');
    await session.get('/users?size=50&hydrate=true');
  },
};

export const serviceAccounts: WriteScript = {
  name: 'service accounts',
  run: async (session, { who }) => {
    const carol = who.userSession;
    await session.post('/service_accounts', { name: 'robot', active: true });
    await session.post('/service_accounts', { name: 'carol', active: true });
    await carol.post('/service_accounts', { name: 'by-carol', active: true });
    const account = await session.post('/service_accounts', { name: 'worker', active: true, description: 'works' });
    await session.put('/service_accounts/worker', { name: 'robot' });
    await session.put('/service_accounts/worker', { description: 'worked', full_name: 'The Worker' });
    const keys = `/service_accounts/${account.id}/api_keys`;
    const key = await session.post(keys, { name: 'first' });
    await session.post(keys, { name: 'first' });
    await session.post(`/service_accounts/${unknownId}/api_keys`, { name: 'x' });
    await session.get(`${keys}/first`);
    await session.get(`${keys}/${key.id}?hydrate=true`);
    await session.get(`${keys}/none`);
    await session.put(`${keys}/first`, { name: 'renamed', description: 'd' });
    await session.put(`${keys}/renamed/rotate`, { retain_period_minutes: 0 });
    await session.put(`${keys}/renamed/rotate`, { retain_period_minutes: -1 });
    await session.put(`${keys}/renamed`, { active: false });
    await session.delete('/service_accounts/worker');
    await session.delete(`${keys}/renamed`);
    await session.delete(`${keys}/renamed`);
    await session.put('/service_accounts/worker', { active: false });
    await session.delete('/service_accounts/worker');
    await session.delete('/service_accounts/worker');
    await session.get('/service_accounts?hydrate=true');
  },
};

export const projects: WriteScript = {
  name: 'projects',
  run: async (session, { who }) => {
    await session.post('/projects', { name: 'default' });
    await session.post('/projects', { name: 'Bad Name!' });
    await session.post('/projects', { name: '' });
    await session.post('/projects', { name: 'x'.repeat(300) });
    await session.post('/projects', { display_name: 'Named by this (1)' });
    const made = await session.post('/projects', { name: 'third', description: 'd' });
    await session.put('/projects/third', { name: 'second-project' });
    await session.put('/projects/third', { display_name: 'Third', project_metadata: { a: 1 } });
    await session.put('/projects/default', { name: 'renamed' });
    await session.put(`/projects/${made.id}`, { name: 'fourth' });
    await session.get('/projects/third');
    await session.get('/projects/fourth?hydrate=true');
    await session.get('/projects/default/statistics');
    await session.get('/workspaces/default/statistics');
    await session.get('/statistics');
    await who.userSession.post('/projects', { name: 'by-carol' });
    await session.delete('/projects/fourth');
    await session.delete('/projects/fourth');
    await session.delete('/projects/default');
  },
};
