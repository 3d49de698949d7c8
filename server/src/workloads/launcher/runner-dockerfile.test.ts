import { createRunnerDockerfile } from './runner-dockerfile.ts';

const SOURCES = [
  'zenml.integrations.ssh.flavors.ssh_orchestrator_flavor.SSHOrchestratorFlavor',
  'zenml.integrations.deepchecks.flavors.DeepchecksDataValidatorFlavor',
  'zenml.orchestrators.local.LocalOrchestratorFlavor',
  null,
];

test('a runner gets what the integrations of its stack need', () => {
  const dockerfile = createRunnerDockerfile({ parentImage: undefined, withoutUv: false });
  const text = dockerfile({ flavorSources: SOURCES, zenmlVersion: '0.98.0', pythonVersion: '3.11.9' });
  const [from, apt, uv, requirements, ...rest] = text.split('\n');
  expect(from).toBe('FROM zenmldocker/zenml:0.98.0-py3.11');
  expect(apt).toBe("RUN apt-get update && apt-get install -y --no-install-recommends 'ffmpeg' 'libsm6' 'libxext6'");
  expect(uv).toBe('RUN pip install uv');
  expect(requirements).toMatch(/^RUN uv pip install --no-cache-dir .*'paramiko>=3\.0\.0,<6'/);
  expect(rest).toEqual([]);
});

test('a runner of what ZenML brings along needs nothing', () => {
  const dockerfile = createRunnerDockerfile({ parentImage: 'registry/base:1', withoutUv: true });
  const needs = { flavorSources: [null], zenmlVersion: '0.98.0', pythonVersion: null };
  expect(dockerfile(needs)).toBe('FROM registry/base:1');
  expect(dockerfile({ ...needs, flavorSources: SOURCES })).toMatch(
    /RUN pip install --default-timeout=60 --no-cache-dir '/,
  );
});

test('quotes in requirements survive the shell', () => {
  const dockerfile = createRunnerDockerfile({ parentImage: 'base', withoutUv: true });
  const flavorSources = ['zenml.integrations.great_expectations.flavors.x'];
  const text = dockerfile({ flavorSources, zenmlVersion: '0.98.0', pythonVersion: null });
  expect(text).toContain(`'great-expectations>=0.17.15,<1.0; python_version < "3.14"'`);
});
