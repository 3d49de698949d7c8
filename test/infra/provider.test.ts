import assert from 'node:assert/strict';
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { findProgram } from '../../tools/bootstrap/process.mjs';
import { awsProvider, findProvider, type Sources, sourcesOf } from './provider.ts';

const aws = awsProvider();
const directory = mkdtempSync(join(tmpdir(), 'provider-test-'));
after(() => rmSync(directory, { recursive: true }));

/** A mirror with these entries for AWS' provider. */
function mirror(name: string, ...entries: string[]): string {
  const folder = join(directory, name, 'registry.terraform.io', 'hashicorp', 'aws');
  for (const entry of entries) mkdirSync(join(folder, entry), { recursive: true });
  return join(directory, name);
}

const nothing: Sources = {
  folders: [mirror('empty')],
  fetched: join(directory, 'fetched'),
  fetch: async () => 'no way out',
};

test('a provider is taken from the first mirror that holds it, in its newest version', async () => {
  const folders = [mirror('empty'), mirror('first', '5.9.0', '5.100.0'), mirror('second', '6.0.0')];
  assert.deepEqual(await findProvider(aws, { ...nothing, folders }), { path: folders[1], version: '5.100.0' });
  const packed = [mirror('packed', 'terraform-provider-aws_6.24.0_linux_amd64.zip', 'index.json')];
  assert.deepEqual(await findProvider(aws, { ...nothing, folders: packed }), { path: packed[0], version: '6.24.0' });
});

test('the mirror that TF_PLUGIN_MIRROR names comes before the usual places', () => {
  const [first, ...others] = sourcesOf('terraform', aws, { TF_PLUGIN_MIRROR: '/mirror' }).folders;
  assert.equal(first, '/mirror');
  assert.deepEqual(sourcesOf('terraform', aws, {}).folders, others);
});

test('where no mirror holds it, it is fetched from the registry once', async () => {
  let times = 0;
  const sources: Sources = {
    ...nothing,
    async fetch() {
      times += 1;
      mirror('fetched', aws.version);
      return undefined;
    },
  };
  for (let round = 0; round < 2; round++) {
    assert.deepEqual(await findProvider(aws, sources), { path: nothing.fetched, version: aws.version });
  }
  assert.equal(times, 1);
  rmSync(nothing.fetched, { recursive: true });
});

const program = findProgram(['terraform']);

test('a registry that does not answer is named, and leaves nothing behind', {
  skip: program === undefined && 'terraform is not on PATH',
}, async () => {
  const settings = join(directory, 'terraform.rc');
  writeFileSync(
    settings,
    'host "registry.terraform.io" {\n  services = { "providers.v1" = "http://127.0.0.1:9/" }\n}\n',
  );
  const fetched = join(directory, 'never');
  const { fetch } = sourcesOf(program ?? '', aws, { ...process.env, TF_CLI_CONFIG_FILE: settings }, fetched);
  const found = await findProvider(aws, { ...nothing, fetched, fetch });
  assert.match(String(found), /^no mirror holds hashicorp\/aws \(TF_PLUGIN_MIRROR names one\).*127\.0\.0\.1:9/);
  for (const path of [fetched, `${fetched}.unfinished`]) assert.equal(existsSync(path), false);
});
