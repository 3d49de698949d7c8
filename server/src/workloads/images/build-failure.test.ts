import { findBuildFailure } from './build-failure.ts';

const STEP = `#6 [2/3] RUN pip install uv
#6 0.100 ok
#6 DONE 0.2s
#7 [3/3] RUN uv pip install --no-cache-dir 'kubernetes' 'nothing-like-it'
#7 0.512 Resolving
#7 ERROR: process "/bin/sh -c uv pip install" did not complete successfully: exit code: 1
------
 > [3/3] RUN uv pip install --no-cache-dir 'kubernetes' 'nothing-like-it':
0.512 Resolving
0.733 ERROR: no matching distribution found for nothing-like-it
------
Dockerfile:3
--------------------
   1 |     FROM zenmldocker/zenml:0.98.0-py3.11
   3 | >>> RUN uv pip install --no-cache-dir 'kubernetes' 'nothing-like-it'
--------------------
error: failed to solve: process "/bin/sh -c uv pip install" did not complete successfully: exit code: 1
`;

test('a step that fails is named, with the last line that it printed', () => {
  expect(findBuildFailure(STEP)?.cause).toBe(
    "step 3/3 (RUN uv pip install --no-cache-dir 'kube…) ended with exit code 1: ERROR: no matching distribution found for nothing-like-it",
  );
});

test('a step that was killed may have had too little memory', () => {
  expect(findBuildFailure(STEP.replaceAll('exit code: 1', 'exit code: 137'))?.cause).toContain(
    'killed: out of memory?',
  );
});

test.each([
  [
    'error: failed to solve: r.example/shell:9: failed to resolve source metadata for r.example/shell:9: r.example/shell:9: not found',
    /shell:9: not found$/,
  ],
  [
    'error: failed to solve: failed to push r.example/a:1: push access denied, repository does not exist or may require authorization',
    /^the registry refuses the push of r\.example\/a:1$/,
  ],
  [
    'error: failed to solve: failed to push r.example/a:1: failed to do request: dial tcp: no such host',
    /^r\.example\/a:1 could not be pushed: failed to do request/,
  ],
  [
    'could not connect to unix:///x.sock after 30 trials\n========== log ==========\n[rootlesskit:parent] error: failed to start the child: fork/exec /proc/self/exe: operation not permitted\nsh: cannot kill',
    /^BuildKit does not start: failed to start the child: .* permitted \(see ZENML_WORKSPACE_BUILDER_UNCONFINED\)$/,
  ],
  ['sh: buildctl-daemonless.sh: not found\n', /^sh: buildctl-daemonless\.sh: not found$/],
])('%p', (log, cause) => expect(findBuildFailure(log)?.cause).toMatch(cause));

test('a registry that makes no repositories is said to have none', () => {
  const log = 'error: failed to solve: failed to push r.example/no/a:1: name unknown: Repository "no" not found';
  expect(findBuildFailure(log)?.cause).toBe(
    'the registry has no repository for r.example/no/a:1, and makes none: make it first',
  );
});

test('an empty log says nothing', () => expect(findBuildFailure('\n')).toBeUndefined());

test.each([
  ['failed to push r.example/a:1: errors:\nmanifest blob unknown: blob unknown to registry\n', true],
  ['failed to push r.example/a:1: unexpected status from HEAD request to https://r.example: 401 Unauthorized', false],
  [
    'failed to push r.example/a:1: unexpected status from POST request to https://r.example/v2/a/blobs/uploads/: 404 Not Found',
    false,
  ],
  ['failed to push r.example/a:1: name unknown: Repository "no" not found', false],
  [
    'failed to push r.example/a:1: unexpected status from PUT request to https://r.example/v2/a/blobs/1: 404 Not Found',
    true,
  ],
  ['failed to resolve source metadata for docker.io/a: dial tcp 1.2.3.4:443: i/o timeout', true],
  [
    'failed to resolve source metadata for docker.io/a: unexpected status from HEAD request: 429 Too Many Requests',
    true,
  ],
  ['r.example/shell:9: not found', false],
])('%p may pass: %p', (error, mayPass) => {
  expect(findBuildFailure(`error: failed to solve: ${error}`)).toMatchObject({ mayPass });
});
