/** Stops the private database that global-setup.mjs started, if it did. */
export default async function globalTeardown() {
  await globalThis.zenmlTestDatabase?.stop();
}
