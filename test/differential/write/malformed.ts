import { operations } from '../operations.ts';
import { unknownId, type WriteScript } from './script.ts';

/** Operations that would end what later requests need, and those whose body is no JSON. */
const left = /\/(login|device_authorization|logout|activate|stream|prune|backup|restore|sync)$|webhook_type/;

/** Every operation with a body that is no JSON, that is empty, whose fields have wrong types, and with ids that are none. */
export const malformed: WriteScript = {
  name: 'malformed',
  run: async (session) => {
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
    await session.get('/no-such-thing');
    await session.post('/no/such/thing', {});
  },
};
