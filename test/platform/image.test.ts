import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { statSync } from 'node:fs';
import { test } from 'node:test';

/** The server's image as its archive, `ZENML_TEST_IMAGE_ARCHIVE`: layers, not compressed, and what is said of them. */
const archive = process.env['ZENML_TEST_IMAGE_ARCHIVE'] ?? assert.fail('set ZENML_TEST_IMAGE_ARCHIVE');
const read = (...names: string[]) =>
  execFileSync('tar', ['--extract', '--to-stdout', '--file', archive, ...names], { maxBuffer: 2 ** 30 });

interface Manifest {
  readonly Config: string;
  readonly Layers: readonly string[];
}

const [manifest]: Manifest[] = JSON.parse(read('manifest.json').toString());
const files = (manifest?.Layers ?? []).flatMap((layer) =>
  execFileSync('tar', ['--list'], { input: read(layer), maxBuffer: 2 ** 28 })
    .toString()
    .split('\n'),
);

test('it has less than 250 MB', (context) => {
  const megabytes = statSync(archive).size / 1e6;
  context.diagnostic(`${megabytes.toFixed(0)} MB`);
  assert.ok(megabytes < 250);
});

test('it runs the server’s process itself as a user without rights, who takes the signal to end', () => {
  const { config } = JSON.parse(read(manifest?.Config ?? '').toString());
  assert.equal(config.User, '65532:65532');
  assert.equal(config.Entrypoint[0], 'node');
  assert.equal(config.StopSignal, 'SIGTERM');
  assert.match(config.Healthcheck.Test.join(' '), /\/health/);
});

test('it has the server and what that needs in production, and a list of it: no shell, no npm, no charts', () => {
  const has = (path: string) => files.includes(path);
  for (const path of ['app/server/src/main.ts', 'app/sbom.cdx.json', 'usr/local/bin/node']) assert.ok(has(path), path);
  const unwanted =
    /^(usr\/)?bin\/(sh|bash|npm)$|^app\/(charts-ts|infra)\/|^app\/node_modules\/(jest|typescript|cdk8s)\//;
  assert.deepEqual(
    files.filter((path) => unwanted.test(path)),
    [],
  );
});
