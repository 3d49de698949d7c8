import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startPrivateDatabase } from './private-database.mjs';
import { findProgram, runOrFail } from './process.mjs';

/**
 * A database server for one test run; `stop` removes it with its data. It ends with this process, however that ends.
 * @param {string} [database] one to make; without it the user may create and drop databases as it likes
 * @param {{onlyTls?: boolean}} [options] `onlyTls` where it is to refuse connections without TLS, as databases of clouds do
 */
export async function startTestDatabase(database, { onlyTls = false } = {}) {
  const directory = mkdtempSync(join(tmpdir(), 'zenml-workspace-test-'));
  const remove = () => rmSync(directory, { recursive: true, force: true });
  const password = randomBytes(16).toString('hex');
  try {
    const tls = onlyTls ? await makeCertificate(directory) : undefined;
    const server = await startPrivateDatabase({ directory, user: 'root', password, database, disposable: true, tls });
    const stop = async () => {
      const code = await server.stop();
      remove();
      return code;
    };
    return { ...server, stop };
  } catch (error) {
    remove();
    throw error;
  }
}

/** A key with a certificate that nobody signed but itself. */
async function makeCertificate(directory) {
  const tls = { key: join(directory, 'tls.key'), certificate: join(directory, 'tls.crt') };
  const files = ['-keyout', tls.key, '-out', tls.certificate];
  const request = ['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-subj', '/CN=database', '-days', '2'];
  // Where PATH has only some programs, too.
  const openssl = findProgram(['openssl'], ['/usr/bin']) ?? 'openssl';
  await runOrFail(openssl, [...request, ...files], { what: 'Making a certificate (openssl)' });
  return tls;
}
