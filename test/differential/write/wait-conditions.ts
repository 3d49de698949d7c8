import { unknownId, type WriteScript } from './script.ts';

/** What a run waits for, who asks for it in turns, and its resolution. */
export const waitConditionsScript: WriteScript = {
  name: 'wait conditions',
  run: async (session, { who, runs }) => {
    const { project } = who;
    const seeded = await session.get('/run_wait_conditions?name=approval');
    await session.put(`/run_wait_conditions/${seeded.ref('items.0.id')}/resolve`, {
      resolution: 'continue',
      result: true,
    });
    const request = { project, run: runs.running, name: 'w-approval', type: 'external_input' };
    const path = '/run_wait_conditions';
    await session.post(path, { ...request, run: unknownId });
    await session.post(path, { ...request, run: runs.completed });
    await session.post(path, { ...request, type: 'x' });
    const condition = await session.post(path, { ...request, data_schema: { type: 'integer' }, question: 'How many?' });
    await session.post(path, request);
    await session.post(path, {
      ...request,
      name: 'W-Approval',
      data_schema: { type: 'integer' },
      question: 'How many?',
    });
    const own = `${path}/${condition.id}`;
    const lease = (mode: string, poller: string, until: string) =>
      session.put(own, { mode, poller_instance_id: poller, poller_lease_expires_at: until });
    await lease('refresh', 'one', '2099-01-01T00:00:00');
    await lease('refresh', 'two', '2099-01-02T00:00:00');
    await lease('finalize', 'two', '2099-01-02T00:00:00');
    await lease('abandon', 'two', '2099-01-02T00:00:00');
    await lease('x', 'one', '2099-01-01T00:00:00');
    await lease('refresh', 'one', 'x');
    await session.put(`${path}/${unknownId}`, {
      mode: 'refresh',
      poller_instance_id: 'p',
      poller_lease_expires_at: '2099-01-01T00:00:00',
    });
    await session.get(`${own}?hydrate=true`);
    await session.put(`${own}/resolve`, { resolution: 'continue', result: 'many' });
    await session.put(`${own}/resolve`, { resolution: 'x' });
    await session.put(`${own}/resolve`, { resolution: 'continue', result: 3 });
    await session.put(`${own}/resolve`, { resolution: 'abort' });
    await lease('refresh', 'one', '2099-01-03T00:00:00');
    const second = await session.post(path, { ...request, name: 'w-second' });
    await session.put(`${path}/${second.id}`, {
      mode: 'refresh',
      poller_instance_id: 'p',
      poller_lease_expires_at: '2000-01-01T00:00:00',
    });
    await session.put(`${path}/${second.id}`, {
      mode: 'finalize',
      poller_instance_id: 'p',
      poller_lease_expires_at: '2000-01-01T00:00:00',
    });
    await session.put(`${path}/${unknownId}/resolve`, { resolution: 'continue' });
    await session.get(`${path}/${second.id}?hydrate=true`);
  },
};
