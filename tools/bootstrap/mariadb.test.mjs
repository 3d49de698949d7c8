import assert from 'node:assert/strict';
import { test } from 'node:test';
import { newestCore, parseVersion } from './mariadb.mjs';

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
