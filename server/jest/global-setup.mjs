import { startTestDatabase } from '../../tools/bootstrap/test-database.mjs';

/** Tests that need a database find one in ZENML_TEST_DATABASE_URL: the caller's, else a private one for this run. */
export default async function globalSetup() {
  if (process.env.ZENML_TEST_DATABASE_URL) return;
  const database = await startTestDatabase();
  process.env.ZENML_TEST_DATABASE_URL = database.url;
  globalThis.zenmlTestDatabase = database;
}
