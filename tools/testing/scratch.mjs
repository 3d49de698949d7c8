import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A new folder for a test, removed when the test's process ends. */
export function scratchDirectory() {
  const directory = mkdtempSync(join(tmpdir(), 'zenml-workspace-tools-'));
  process.on('exit', () => rmSync(directory, { recursive: true, force: true }));
  return directory;
}
