import assert from 'node:assert/strict';
import { mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { scratchDirectory } from '../testing/scratch.mjs';
import { keptSecrets } from './kept-secrets.mjs';

test('secrets are generated once per data directory, for the current user only', () => {
  const directory = scratchDirectory();
  const secrets = keptSecrets(directory);
  assert.deepEqual(keptSecrets(directory), secrets);
  assert.equal(new Set(Object.values(secrets)).size, 4);
  assert.equal(statSync(join(directory, 'secrets.json')).mode & 0o777, 0o600);
  assert.notEqual(keptSecrets(scratchDirectory()).jwtSecretKey, secrets.jwtSecretKey);
});

test('a secret that a newer release adds joins those that are kept', () => {
  const directory = scratchDirectory();
  writeFileSync(join(directory, 'secrets.json'), JSON.stringify({ secretsEncryptionKey: 'kept' }));
  assert.equal(keptSecrets(directory).secretsEncryptionKey, 'kept');
  assert.equal(JSON.parse(readFileSync(join(directory, 'secrets.json'), 'utf8')).secretsEncryptionKey, 'kept');
});

test('a damaged file is refused, not replaced', () => {
  const directory = scratchDirectory();
  writeFileSync(join(directory, 'secrets.json'), '{"secretsEncr');
  assert.throws(() => keptSecrets(directory), /is damaged.*restore it from a backup/);
  assert.equal(readFileSync(join(directory, 'secrets.json'), 'utf8'), '{"secretsEncr');
});

test('secrets that are gone are not replaced where a database still needs them', () => {
  const directory = scratchDirectory();
  mkdirSync(join(directory, 'database'));
  assert.throws(() => keptSecrets(directory), { name: 'Failure', message: /is missing.*restore it from a backup/ });
});
