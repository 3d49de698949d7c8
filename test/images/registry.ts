import { execFileSync } from 'node:child_process';
import { createHash, generateKeyPairSync } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { hashSync } from 'bcrypt';
import { Companion, findProgram, freePort, tail } from '../../tools/bootstrap/process.mjs';
import { installBusybox } from '../../tools/builder-image/busybox.mjs';
import { writeLayer } from '../../tools/builder-image/image-archive.mjs';

/** A registry that runs on this machine. */
export interface TestRegistry {
  /** Host and port, as names of images begin. */
  readonly name: string;
  readonly port: number;
  stop(): Promise<void>;
}

/** Who may use a registry: anyone, one user by password, or whom a token server lets in. */
export type RegistryAccess =
  | { readonly username: string; readonly password: string }
  | { readonly realm: string; readonly certificate: string };

/** Starts Debian's `docker-registry`, empty. @param host an address of this machine by which it is reached */
export async function startRegistry(
  access?: RegistryAccess,
  host = '127.0.0.1',
  program = process.env['ZENML_TEST_REGISTRY'] ?? findProgram(['docker-registry']),
): Promise<TestRegistry> {
  if (program === undefined) throw new Error('docker-registry is not installed');
  const directory = mkdtempSync(join(tmpdir(), 'registry-'));
  const port = await freePort();
  const configuration = {
    version: '0.1',
    log: { level: 'warn' },
    storage: { filesystem: { rootdirectory: join(directory, 'images') }, delete: { enabled: true } },
    http: { addr: `${host}:${port}` },
    ...(access && { auth: authentication(access, directory) }),
  };
  const file = join(directory, 'config.yml');
  writeFileSync(file, JSON.stringify(configuration));
  const log = join(directory, 'log');
  const env = { ...process.env, OTEL_TRACES_EXPORTER: 'none' };
  const registry = new Companion('registry', program, ['serve', file], { log, env, disposable: directory });
  await answers(`http://${host}:${port}/v2/`, log);
  return {
    name: `${host}:${port}`,
    port,
    async stop() {
      await registry.stop(2000);
      rmSync(directory, { recursive: true, force: true });
    },
  };
}

function authentication(access: RegistryAccess, directory: string): object {
  if ('realm' in access) {
    const rootcertbundle = join(directory, 'tokens.pem');
    writeFileSync(rootcertbundle, access.certificate);
    return { token: { realm: access.realm, service: 'test', issuer: 'test', rootcertbundle } };
  }
  const path = join(directory, 'htpasswd');
  writeFileSync(path, `${access.username}:${hashSync(access.password, 4).replace(/^\$2b/, '$2y')}\n`);
  return { htpasswd: { realm: 'test', path } };
}

async function answers(url: string, log: string): Promise<void> {
  for (let tries = 0; tries < 100; tries++) {
    try {
      await fetch(url, { signal: AbortSignal.timeout(1000) });
      return;
    } catch {
      await sleep(100);
    }
  }
  throw new Error(`the registry does not answer: ${tail(log)}`);
}

/** Pushes an image without layers. @returns its digest */
export function pushEmptyImage(name: string, authorization?: string): Promise<string> {
  const config = '{"architecture":"amd64","os":"linux","rootfs":{"type":"layers","diff_ids":[]}}';
  return pushImage(name, { config, layers: [], ...(authorization !== undefined && { authorization }) });
}

/** Pushes an image that has nothing but a shell: something to build from. */
export async function pushShellImage(name: string): Promise<string> {
  const scratch = mkdtempSync(join(tmpdir(), 'image-'));
  try {
    const root = join(scratch, 'root');
    await installBusybox(root);
    const { configuration } = await writeLayer({ root, scratch, config: { Env: ['PATH=/bin'], Cmd: ['/bin/sh'] } });
    return await pushImage(name, { config: configuration, layers: [readFileSync(join(scratch, 'layer.tar'))] });
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}

interface Pushed {
  readonly config: string;
  readonly layers: readonly Buffer[];
  readonly authorization?: string;
}

/** Pushes an image of these layers (tar). @returns its digest */
export async function pushImage(name: string, { config, layers, authorization }: Pushed): Promise<string> {
  const [, registry = '', repository = '', tag = ''] = /^([^/]+)\/(.+):([^:]+)$/.exec(name) ?? [];
  const base = `http://${registry}/v2/${repository}`;
  const headers: Record<string, string> = authorization === undefined ? {} : { Authorization: authorization };
  const push = async (blob: Buffer, mediaType: string) => {
    const begun = await fetch(`${base}/blobs/uploads/`, { method: 'POST', headers });
    const upload = new URL(begun.headers.get('location') ?? '', base);
    upload.searchParams.set('digest', digestOf(blob));
    await succeed(fetch(upload, { method: 'PUT', headers, body: new Uint8Array(blob) }));
    return { mediaType, size: blob.length, digest: digestOf(blob) };
  };
  const mediaType = 'application/vnd.oci.image.manifest.v1+json';
  const manifest = JSON.stringify({
    schemaVersion: 2,
    mediaType,
    config: await push(Buffer.from(config), 'application/vnd.oci.image.config.v1+json'),
    layers: await Promise.all(layers.map((layer) => push(layer, 'application/vnd.oci.image.layer.v1.tar'))),
  });
  const put = { method: 'PUT', headers: { ...headers, 'Content-Type': mediaType }, body: manifest };
  await succeed(fetch(`${base}/manifests/${tag}`, put));
  return digestOf(Buffer.from(manifest));
}

async function succeed(answer: Promise<Response>): Promise<void> {
  const response = await answer;
  if (!response.ok) throw new Error(`${response.url}: ${response.status} ${await response.text()}`);
}

function digestOf(blob: Buffer): string {
  return `sha256:${createHash('sha256').update(blob).digest('hex')}`;
}

/** A key pair with its certificate, for a token server. */
export function makeCertificate(): { privateKey: string; certificate: string } {
  const directory = mkdtempSync(join(tmpdir(), 'certificate-'));
  try {
    const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'prime256v1' });
    const pem = privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
    const [key, certificate] = [join(directory, 'key'), join(directory, 'certificate')];
    writeFileSync(key, pem, { mode: 0o600 });
    const subject = ['-subj', '/CN=test', '-days', '2'];
    execFileSync('openssl', ['req', '-x509', '-new', '-key', key, '-out', certificate, ...subject], { stdio: 'pipe' });
    return { privateKey: pem, certificate: readFileSync(certificate, 'utf8') };
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}
