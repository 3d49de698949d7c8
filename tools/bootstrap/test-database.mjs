import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startPrivateDatabase } from './private-database.mjs';

/**
 * A database server for one test run, whose user may create and drop databases; `stop` removes it with its data.
 * It ends with this process, however that ends.
 */
export async function startTestDatabase() {
  const directory = mkdtempSync(join(tmpdir(), 'zenml-workspace-test-'));
  const remove = () => rmSync(directory, { recursive: true, force: true });
  const password = randomBytes(16).toString('hex');
  try {
    const database = await startPrivateDatabase({ directory, user: 'root', password, disposable: true });
    const stop = async () => {
      const code = await database.stop();
      remove();
      return code;
    };
    return { ...database, stop };
  } catch (error) {
    remove();
    throw error;
  }
}
