import { checkName } from './names.ts';

test.each([
  ['', 'Artifact', 'The class `ArtifactRequest` has no attribute `name`'],
  ['', 'PipelineSnapshotUpdate', 'The class `PipelineSnapshotUpdate` has no attribute `name`'],
  ['a\tb', 'Model', 'The name `a\tb` of the `Model` contains the following forbidden characters: `\t`.'],
])('%j is no name of a %s', (name, type, message) => {
  expect(() => checkName(name, type)).toThrow(message);
});

test.each(['a', ' ', 'Zürich / 1'])('%j is a name', (name) => {
  expect(() => checkName(name, 'Model')).not.toThrow();
});
