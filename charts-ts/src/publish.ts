import { copyFileSync, mkdirSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';

/**
 * Puts manifests where they are used, in place of those of an earlier synthesis. cdk8s-cli empties its output folder before it
 * starts anything, so it gets another one: what is refused leaves the manifests of before.
 * @param from the folder that holds the new ones, and keeps them: cdk8s-cli lists them
 */
export function publishManifests(from: string, to: string): void {
  const isManifest = (name: string) => name.endsWith('.yaml');
  mkdirSync(to, { recursive: true });
  const names = readdirSync(from).filter(isManifest);
  for (const name of names) {
    // Whoever reads meanwhile sees the one or the other, never a half.
    const part = join(to, `.${name}.part`);
    copyFileSync(join(from, name), part);
    renameSync(part, join(to, name));
  }
  for (const name of readdirSync(to).filter(isManifest)) if (!names.includes(name)) rmSync(join(to, name));
}
