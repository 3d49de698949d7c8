import { existsSync, mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { homedir, tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { cachePath } from '../../tools/bootstrap/cache.mjs';
import { capture, findProgram } from '../../tools/bootstrap/process.mjs';

/** A provider of Terraform's registry. */
export interface Provider {
  /** `namespace/type` */
  readonly name: string;
  /** The one that is fetched where none lies on this machine. */
  readonly version: string;
}

/** A folder that holds a provider, as `terraform providers mirror` fills it, with the newest version of it there. */
export interface Mirror {
  readonly path: string;
  readonly version: string;
}

/** AWS' provider, in the version that the constructs were generated from. */
export function awsProvider(): Provider {
  const description: { cdktf: { provider: { version: string } } } = createRequire(import.meta.url)(
    '@cdktf/provider-aws/package.json',
  );
  return { name: 'hashicorp/aws', version: description.cdktf.provider.version };
}

/** Where mirrors usually lie. */
const USUAL = [
  join(homedir(), '.terraform.d', 'plugins'),
  '/usr/local/share/terraform/plugins',
  '/usr/share/terraform/plugins',
  '/opt/tf-plugins',
];

/** Where a provider may come from, in the order in which it is looked for. */
export interface Sources {
  /** Mirrors. */
  readonly folders: readonly string[];
  /** A mirror that is filled from the registry. */
  readonly fetched: string;
  /** Fills it. @returns why it could not */
  readonly fetch: () => Promise<string | undefined>;
}

/**
 * What this machine has: the mirror that `TF_PLUGIN_MIRROR` names, the usual places, then the registry.
 * @param program Terraform
 */
export function sourcesOf(
  program: string,
  provider: Provider,
  environment: NodeJS.ProcessEnv = process.env,
  fetched: string = cachePath(`terraform-${provider.name.replace('/', '-')}-${provider.version}`),
): Sources {
  const given = environment['TF_PLUGIN_MIRROR'];
  return {
    folders: [...(given === undefined ? [] : [given]), ...USUAL],
    fetched,
    fetch: () => fetchProvider(program, provider, fetched, environment),
  };
}

/** What stacks are applied with. */
export interface Tools {
  /** Terraform's path. */
  readonly program: string;
  readonly mirror: Mirror;
}

/** Finds Terraform and AWS' provider. @returns why stacks cannot be applied here, where that is so */
export async function findTools(): Promise<Tools | string> {
  const program = findProgram(['terraform']);
  if (program === undefined) return 'terraform is not on PATH';
  const provider = awsProvider();
  const mirror = await findProvider(provider, sourcesOf(program, provider));
  return typeof mirror === 'string' ? mirror : { program, mirror };
}

/** Finds a provider. @returns why there is none, where that is so */
export async function findProvider(provider: Provider, sources: Sources): Promise<Mirror | string> {
  const { folders, fetched, fetch } = sources;
  for (const path of [...folders, fetched]) {
    const version = newestIn(path, provider);
    if (version !== undefined) return { path, version };
  }
  const refused = await fetch();
  const version = refused === undefined ? newestIn(fetched, provider) : undefined;
  if (version !== undefined) return { path: fetched, version };
  return `no mirror holds ${provider.name} (TF_PLUGIN_MIRROR names one), and the registry gives none: ${refused}`;
}

/** Packed providers are files whose names hold the version, unpacked ones folders that are called after it. */
function newestIn(path: string, { name }: Provider): string | undefined {
  const folder = join(path, 'registry.terraform.io', name);
  if (!existsSync(folder)) return undefined;
  const versions = readdirSync(folder).flatMap((entry) => {
    const [, version] = /^(?:terraform-provider-\w+_)?(\d+\.\d+\.\d+)(?:_\w+\.zip)?$/.exec(entry) ?? [];
    return version === undefined ? [] : [version];
  });
  return versions.sort((a, b) => a.localeCompare(b, 'en', { numeric: true })).at(-1);
}

/** A download that breaks off leaves nothing behind. */
async function fetchProvider(
  program: string,
  { name, version }: Provider,
  directory: string,
  environment: NodeJS.ProcessEnv,
): Promise<string | undefined> {
  const scratch = mkdtempSync(join(tmpdir(), 'provider-'));
  const unfinished = `${directory}.unfinished`;
  try {
    const required = { wanted: { source: name, version } };
    writeFileSync(join(scratch, 'main.tf.json'), JSON.stringify({ terraform: { required_providers: required } }));
    const env = { ...environment, CHECKPOINT_DISABLE: '1' };
    mkdirSync(dirname(directory), { recursive: true });
    const { code, output } = await capture(program, ['providers', 'mirror', unfinished], { cwd: scratch, env });
    if (code !== 0) return output.replace(/\s+/g, ' ').trim();
    rmSync(directory, { recursive: true, force: true });
    renameSync(unfinished, directory);
    return undefined;
  } finally {
    rmSync(unfinished, { recursive: true, force: true });
    rmSync(scratch, { recursive: true, force: true });
  }
}
