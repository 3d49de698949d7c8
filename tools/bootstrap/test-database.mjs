import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startPrivateDatabase } from './private-database.mjs';

/**
 * A database server for one test run; `stop` removes it with its data. It ends with this process, however that ends.
 * @param {string} [database] one to make; without it the user may create and drop databases as it likes
 */
export async function startTestDatabase(database) {
  const directory = mkdtempSync(join(tmpdir(), 'zenml-workspace-test-'));
  const remove = () => rmSync(directory, { recursive: true, force: true });
  const password = randomBytes(16).toString('hex');
  try {
    const server = await startPrivateDatabase({ directory, user: 'root', password, database, disposable: true });
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
