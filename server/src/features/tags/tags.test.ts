import { startTestServer, type TestServer } from '../../testing/test-server.ts';

let server: TestServer;
beforeAll(async () => {
  server = await startTestServer();
});
afterAll(() => server.stop());

interface Tagged {
  id: string;
  resources: { tags: { id: string; name: string }[] };
  detail?: [string, string];
}

const create = (name: string, tags: readonly unknown[] = []) =>
  server.call<Tagged>('POST', '/pipelines', { project: server.projectId, name, tags });
const namesOf = ({ body }: { body: Tagged }) => body.resources.tags.map((tag) => tag.name);
const linksOf = (tagId: string) =>
  server.database.db.selectFrom('tag_resource').selectAll().where('tag_id', '=', tagId.replaceAll('-', '')).execute();

test('A new tag that many clients give at once is one', async () => {
  const answers = await Promise.all(Array.from({ length: 8 }, (_, index) => create(`at-once-${index}`, ['new'])));
  expect(answers.map((answer) => answer.status)).toEqual(Array(8).fill(200));
  expect(new Set(answers.map((answer) => answer.body.resources.tags[0]?.id)).size).toBe(1);
});

test('Names that the database takes for the same mean one tag', async () => {
  await server.call('POST', '/tags', { name: 'prod' });
  expect(namesOf(await create('other-case', ['Prod']))).toEqual(['prod']);
  expect(namesOf(await create('twice', ['a', 'A', 'a ']))).toEqual(['a']);
  const { body } = await server.call<Tagged>('POST', '/tags', { name: 'PROD' });
  expect(body.detail).toEqual(['EntityExistsError', 'Tag with name `PROD` already exists.']);
});

test('A tag that many clients give a resource at once is on it once', async () => {
  const { body } = await create('contended', ['first']);
  await server.call('POST', '/tags', { name: 'plain' });
  const add = () => server.call<Tagged>('PUT', `/pipelines/${body.id}`, { add_tags: ['plain'] });
  const answers = await Promise.all(Array.from({ length: 8 }, add));
  expect(answers.map((answer) => answer.status)).toEqual(Array(8).fill(200));
  const tagId = answers[0]?.body.resources.tags.find((tag) => tag.name === 'plain')?.id ?? '';
  expect(await linksOf(tagId)).toHaveLength(1);

  const link = { tag_id: body.resources.tags[0]?.id, resource_id: body.id, resource_type: 'pipeline' };
  await server.call('DELETE', '/tag_resources', link);
  await Promise.all(Array.from({ length: 8 }, () => server.call('POST', '/tag_resources', link)));
  expect(await linksOf(link.tag_id ?? '')).toHaveLength(1);
});
