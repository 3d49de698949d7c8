import { isLoopback, parseImage, parsePlace } from './image-reference.ts';

const DIGEST = `sha256:${'a'.repeat(64)}`;

test.each([
  ['ubuntu', 'docker.io', 'library/ubuntu', 'latest'],
  ['zenmldocker/zenml:0.98.0-py3.11', 'docker.io', 'zenmldocker/zenml', '0.98.0-py3.11'],
  ['index.docker.io/me/it:1', 'docker.io', 'me/it', '1'],
  ['localhost/runner:1', 'localhost', 'runner', '1'],
  ['127.0.0.1:5000/a/b', '127.0.0.1:5000', 'a/b', 'latest'],
  ['[::1]:5000/a:b', '[::1]:5000', 'a', 'b'],
  [`europe-west3-docker.pkg.dev/p/r/zenml:1@${DIGEST}`, 'europe-west3-docker.pkg.dev', 'p/r/zenml', DIGEST],
])('%s', (name, registry, repository, reference) => {
  expect(parseImage(name)).toEqual({ registry, repository, reference });
});

test.each(['', ':1', 'a:', 'A/b', 'a b', 'https://x.io/a', 'x.io/', 'x.io/a@sha256:1', 'x.io/a:b:c', '-x.io/a'])(
  'no registry has an image %p',
  (name) => expect(parseImage(name)).toBeUndefined(),
);

test('a registry may come with a path', () => {
  expect(parsePlace('339712793861.dkr.ecr.eu-central-1.amazonaws.com')).toMatchObject({ repository: '' });
  expect(parsePlace('europe-west3-docker.pkg.dev/zenml-project/zenml-snapshots/zenml')).toEqual({
    registry: 'europe-west3-docker.pkg.dev',
    repository: 'zenml-project/zenml-snapshots/zenml',
  });
  expect(parsePlace('me')).toEqual({ registry: 'docker.io', repository: 'me' });
});

test('registries of this machine need no TLS', () => {
  expect(['localhost', 'localhost:1', '127.1.2.3:5000', '[::1]:1'].every(isLoopback)).toBe(true);
  expect(['localhost.example', '10.0.0.1:5000', '127.0.0.1.example'].some(isLoopback)).toBe(false);
});
