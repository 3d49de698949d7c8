import type { Model } from '../../contract/operation-types.ts';
import { fromDatabaseId, newId } from '../../database/ids.ts';
import { startTestServer, type TestServer } from '../../testing/test-server.ts';

type Curated = Model<'CuratedVisualizationResponse'>;

let server: TestServer;
let pipelineId: string;
let visualizations: string[];
beforeAll(async () => {
  server = await startTestServer();
  const pipeline = await server.call('POST', '/pipelines', { project: server.projectId, name: 'shown' });
  pipelineId = String(pipeline.body['id']);
  visualizations = await createVisualizations(8);
});
afterAll(() => server.stop());

const create = (visualization: number, more: object = {}) =>
  server.call<Curated>('POST', '/curated_visualizations', {
    project: server.projectId,
    artifact_visualization_id: visualizations[visualization],
    resource_id: pipelineId,
    resource_type: 'pipeline',
    ...more,
  });

describe('curated visualizations', () => {
  test('are shown with their resource in their order, and change', async () => {
    const second = await create(0, { display_order: 12, display_name: 'second' });
    const first = await create(1, { display_order: 11, layout_size: 'half_width' });
    const shown = await server.call<Model<'PipelineResponse'>>('GET', `/pipelines/${pipelineId}`);
    expect(shown.body.resources?.visualizations?.map(({ id }) => id)).toEqual([first.body.id, second.body.id]);
    const path = `/curated_visualizations/${second.body.id}`;
    const changed = await server.call<Curated>('PUT', path, { display_order: null, layout_size: 'half_width' });
    expect(changed.body).toMatchObject({
      body: { display_name: 'second', display_order: null, layout_size: 'half_width' },
      resources: { artifact_visualization: { id: visualizations[0] } },
    });
    expect((await server.call('DELETE', path)).status).toBe(200);
    expect((await server.call('GET', path)).status).toBe(404);
  });

  test('exist once for a resource, and one of them has an order, however many come at once', async () => {
    const same = await Promise.all([1, 2, 3, 4].map(() => create(2)));
    expect(same.map(({ status }) => status).sort()).toEqual([200, 409, 409, 409]);
    const order = await Promise.all([3, 4, 5, 6].map((index) => create(index, { display_order: 5 })));
    expect(order.map(({ status }) => status).sort()).toEqual([200, 409, 409, 409]);
    const other = await create(7, { display_order: 6 });
    const path = `/curated_visualizations/${other.body.id}`;
    expect((await server.call('PUT', path, { display_order: 5 })).status).toBe(409);
    expect((await server.call('PUT', path, { display_order: 6 })).status).toBe(200);
  });

  test.each([
    ['visualization', () => ({ artifact_visualization_id: fromDatabaseId(newId()) })],
    ['pipeline', () => ({ resource_id: fromDatabaseId(newId()) })],
    ['project', () => ({ resource_id: pipelineId, resource_type: 'project' })],
  ])('need a %s that exists', async (_title, more) => {
    expect((await create(2, more())).status).toBe(404);
  });
});

async function createVisualizations(count: number): Promise<string[]> {
  const source = { module: 'builtins', attribute: 'int', type: 'builtin' };
  const { body } = await server.call<Model<'ArtifactVersionResponse'>>('POST', '/artifact_versions', {
    project: server.projectId,
    artifact_name: 'plots',
    type: 'DataArtifact',
    uri: '/plots',
    materializer: source,
    data_type: source,
    save_type: 'manual',
    visualizations: Array.from({ length: count }, (_, index) => ({ type: 'html', uri: `/plots/${index}` })),
  });
  return (body.metadata?.visualizations ?? []).map(({ id }) => id);
}
