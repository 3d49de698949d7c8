import { createFormExpansion } from './accepted-forms.ts';
import { readContract } from './document.ts';
import { listOperations, type OperationBody } from './operation-index.ts';
import type { OperationId } from './operation-types.ts';

const document = readContract();
const expansionFor = createFormExpansion(document);
const bodyOf = (id: OperationId) => listOperations(document).find((operation) => operation.id === id)?.body;
const expand = (id: OperationId, body: unknown) => expansionFor(bodyOf(id) as OperationBody)(body);

const unknown = (module: string, attribute: string | null) => ({ module, attribute, type: 'unknown' });

describe('import paths in bodies', () => {
  test('become sources where sources are expected, and nowhere else', () => {
    const given = { materializer: 'own.module.M@v1', data_type: 'int', uri: 'a.b', metadata: { data_type: 'a.b' } };
    expect(expand('create_artifact_version_api_v1_artifact_versions_post', given)).toEqual({
      ...given,
      materializer: unknown('own.module', 'M'),
      data_type: unknown('int', null),
    });
  });

  test('become sources deep in configurations, and a list of one where a list is expected', () => {
    const outputs = { numbers: { materializer_source: 'a.B', default_materializer_source: null } };
    const step = { spec: { source: 'steps.load', invocation_id: 'load' }, step_config_overrides: { outputs } };
    const given = { step_configurations: { load: step }, pipeline_configuration: { init_hook_source: 'hooks.init' } };
    expect(expand('create_pipeline_snapshot_api_v1_pipeline_snapshots_post', given)).toEqual({
      step_configurations: {
        load: {
          spec: { source: unknown('steps', 'load'), invocation_id: 'load' },
          step_config_overrides: {
            outputs: { numbers: { materializer_source: [unknown('a', 'B')], default_materializer_source: null } },
          },
        },
      },
      pipeline_configuration: { init_hook_source: unknown('hooks', 'init') },
    });
  });

  test('are left to be refused where they are empty, and where ZenML takes none', () => {
    const given = { source: 'own.Repository' };
    expect(expand('create_code_repository_api_v1_code_repositories_post', given)).toEqual({ source: 'own.Repository' });
    const empty = { materializer: '' };
    expect(expand('create_artifact_version_api_v1_artifact_versions_post', empty)).toEqual({ materializer: '' });
  });
});

describe('members that are left out', () => {
  test.each([
    [{ display_name: 'My Project (2)' }, { display_name: 'My Project (2)', name: 'my-project-2' }],
    [{ name: 'mine' }, { name: 'mine', display_name: 'mine' }],
    [
      { name: '', display_name: '' },
      { name: '', display_name: '' },
    ],
  ])('of the project %j follow from each other', (given, expected) => {
    expect(expand('create_project_api_v1_projects_post', given)).toEqual(expected);
  });

  test('of steps are those that older clients do not know', () => {
    const step = {
      spec: { source: 'steps.fit', upstream_steps: [], pipeline_parameter_name: 'fit' },
      config: { name: 'f' },
    };
    const given = { step_configurations: { fit: step } };
    expect(expand('create_pipeline_snapshot_api_v1_pipeline_snapshots_post', given)).toEqual({
      step_configurations: {
        fit: {
          spec: { source: unknown('steps', 'fit'), upstream_steps: [], invocation_id: 'fit' },
          config: { name: 'f' },
          step_config_overrides: { name: 'f' },
        },
      },
    });
  });
});
