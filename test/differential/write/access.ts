import { operations } from '../operations.ts';
import { unknownId, type WriteScript } from './script.ts';

const forged =
  'eyJhbGciOiJub25lIiwidHlwIjoiSldUIn0.eyJzdWIiOiIwMDAwMDAwMC0wMDAwLTQwMDAtODAwMC0wMDAwMDAwMDAwMDAiLCJleHAiOjQxMDI0NDQ4MDB9.';
const otherKey =
  'eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJzdWIiOiIwMDAwMDAwMC0wMDAwLTQwMDAtODAwMC0wMDAwMDAwMDAwMDAiLCJleHAiOjQxMDI0NDQ4MDB9.c2lnbmF0dXJl';

/** Paths that answer without end or read other machines. */
const left = /\/(stream|logout)$/;

/** Every operation without a login, some with wrong ones, and what only administrators may do. */
export const access: WriteScript = {
  name: 'access',
  run: async (session) => {
    const anonymous = session.with('nobody', {});
    for (const { method, path } of operations) {
      if (left.test(path)) continue;
      await anonymous.send(method, path.replace(/\{[^}]+\}/g, unknownId), method === 'GET' ? undefined : {});
    }
    const wrong = { forged, otherKey, empty: '', rubbish: 'rubbish' };
    for (const [name, token] of Object.entries(wrong)) {
      const caller = session.with(name, { authorization: `Bearer ${token}` });
      await caller.get('/current-user');
      await caller.post('/tags', { name: 'never' });
    }
    await session.with('basic', { authorization: 'Basic YWRtaW46YWRtaW4=' }).get('/current-user');
    await login(session);
  },
};

async function login(session: Parameters<WriteScript['run']>[0]): Promise<void> {
  const form = { 'content-type': 'application/x-www-form-urlencoded' };
  const attempts = [
    'grant_type=password&username=admin&password=wrong',
    'grant_type=password&username=nobody&password=wrong',
    'grant_type=password&username=dave&password=x',
    'grant_type=password&username=admin',
    'grant_type=rubbish&username=admin&password=x',
    'grant_type=zenml-api-key&password=ZENKEY_rubbish',
    `grant_type=urn:ietf:params:oauth:grant-type:device_code&client_id=${unknownId}&device_code=x`,
    '',
  ];
  const anonymous = session.with('nobody', {});
  for (const raw of attempts) await anonymous.post('/login', undefined, { raw, headers: form });
  await anonymous.post('/login', { username: 'admin' });
}
