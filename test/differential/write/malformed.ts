import { operations } from '../operations.ts';
import { unknownId, type WriteScript } from './script.ts';

/** Operations that would end what later requests need, and those whose body is no JSON. */
const left = /\/(login|device_authorization|logout|activate|stream|prune|backup|restore|sync)$|webhook_type/;

/** Filter values that numbers, lists and instants take or do not. */
const filters = [
  ...['gt:1_000', 'gt:0x10', 'gt:Infinity', 'gt:1e999', 'gt:nan'].map((value) => ['/pipelines', 'name', value]),
  ...['[[]]', '[[1, 2]]', '[{"name": 1}]', '[null, true, 1.5]'].map((list) => ['/pipelines', 'name', `oneof:${list}`]),
  ...['1_0', '+5', '9'.repeat(400), `lt:${'9'.repeat(30)}`].map((value) => ['/runs', 'index', value]),
  ...['2020-01-01 10:00:60', '0000-01-01 10:00:00', '0004-02-29 10:00:00', 'in:a,b,c'].map((value) => [
    '/pipelines',
    'created',
    value,
  ]),
] as [path: string, field: string, value: string][];

/** Every operation with a body that is no JSON, that is empty, whose fields have wrong types, and with ids that are none. */
export const malformed: WriteScript = {
  name: 'malformed',
  run: async (session, { runs }) => {
    for (const { method, path } of operations) {
      if (method === 'GET' || left.test(path)) continue;
      const unknown = path.replace(/\{[^}]+\}/g, unknownId);
      if (method !== 'DELETE') {
        await session.send(method, unknown, undefined, { raw: '{"name": ' });
        await session.send(method, unknown, []);
        await session.send(method, unknown, { name: 5, project: 'no-id', id: true, status: 'no-status', tags: 'x' });
      }
      await session.send(method, unknown, {});
      if (unknown !== path) await session.send(method, path.replace(/\{[^}]+\}/g, 'no-id'), {});
    }
    await session.send('PATCH', '/tags', {});
    for (const [path, field, value] of filters) await session.get(`${path}?${field}=${encodeURIComponent(value)}`);
    await session.get('/pipelines?latest_run_status=&latest_run_user=');
    await session.get('/service_connectors?resource_type=');
    await session.get(`/artifact_versions?pipeline_run=contains:0&pipeline_run=notequals:${unknownId}`);
    await session.get(`/runs/${runs.completed}/steps?pipeline_run_id=in:a`);
    await session.get('/no-such-thing');
    await session.post('/no/such/thing', {});
  },
};
