import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { scratchDirectory } from '../testing/scratch.mjs';
import { ensureDatabase, findDatabase, newestCore, parseVersion } from './mariadb.mjs';

test('tells MariaDB from MySQL and old from new', () => {
  const mariadb = 'mariadbd  Ver 10.11.19-MariaDB-0+deb12u1 for debian-linux-gnu on x86_64 (Debian 12)';
  assert.deepEqual(parseVersion(mariadb), { kind: 'mariadb', version: '10.11.19', serves: true });
  assert.equal(parseVersion('mysqld  Ver 10.5.23-MariaDB for Linux on x86_64').serves, false);
  const mysql = '/usr/sbin/mysqld  Ver 8.0.42 for Linux on x86_64 (MySQL Community Server - GPL)';
  assert.deepEqual(parseVersion(mysql), { kind: 'mysql', version: '8.0.42', serves: true });
  assert.equal(parseVersion('mysqld  Ver 5.7.44 for Linux').serves, false);
  assert.equal(parseVersion('command not found'), undefined);
});

test('takes the plain package, else the one of the newest version', () => {
  assert.equal(newestCore(['mariadb-server-core-10.6', 'mariadb-server-core']), 'mariadb-server-core');
  assert.equal(newestCore(['mariadb-server-core-10.6', 'mariadb-server-core-10.11']), 'mariadb-server-core-10.11');
  assert.equal(newestCore(['']), 'mariadb-server-core');
});

test('where the data are of one kind, a server of the other kind is not taken', async () => {
  const mysqld = join(scratchDirectory(), 'mysqld');
  writeFileSync(mysqld, '#!/bin/sh\necho "mysqld  Ver 8.4.3 for Linux on x86_64"\n', { mode: 0o755 });
  const kinds = [undefined, 'mysql', 'mariadb'];
  const found = await Promise.all(kinds.map((kind) => findDatabase({ MYSQLD: mysqld }, kind)));
  assert.deepEqual(
    found.map(({ programs }) => programs?.server),
    [mysqld, mysqld, undefined],
  );
});

test('data of Docker want Docker', async () => {
  const path = process.env.PATH;
  process.env.PATH = scratchDirectory();
  try {
    await assert.rejects(ensureDatabase('docker'), /made in Docker, and no Docker engine answers\. Start Docker/);
  } finally {
    process.env.PATH = path;
  }
});
