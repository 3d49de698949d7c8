import { execFileSync } from 'node:child_process';
import { createHash, generateKeyPairSync } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { hashSync } from 'bcrypt';
import { Companion, findProgram, freePort, tail } from '../../tools/bootstrap/process.mjs';

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

/** Starts Debian's `docker-registry`, empty. @param host an address that pods reach too, where they are to push */
export async function startRegistry(access?: RegistryAccess, host = '127.0.0.1'): Promise<TestRegistry> {
  const program = process.env['ZENML_TEST_REGISTRY'] ?? findProgram(['docker-registry']);
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
    name: `${host === '0.0.0.0' ? '127.0.0.1' : host}:${port}`,
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
export async function pushEmptyImage(name: string, authorization?: string): Promise<string> {
  const [, registry = '', repository = '', tag = ''] = /^([^/]+)\/(.+):([^:]+)$/.exec(name) ?? [];
  const base = `http://${registry}/v2/${repository}`;
  const headers: Record<string, string> = authorization === undefined ? {} : { Authorization: authorization };
  const config = '{"architecture":"amd64","os":"linux","rootfs":{"type":"layers","diff_ids":[]}}';
  const begun = await fetch(`${base}/blobs/uploads/`, { method: 'POST', headers });
  const upload = new URL(begun.headers.get('location') ?? '');
  upload.searchParams.set('digest', digestOf(config));
  await succeed(fetch(upload, { method: 'PUT', headers, body: config }));
  const mediaType = 'application/vnd.oci.image.manifest.v1+json';
  const manifest = JSON.stringify({
    schemaVersion: 2,
    mediaType,
    config: { mediaType: 'application/vnd.oci.image.config.v1+json', size: config.length, digest: digestOf(config) },
    layers: [],
  });
  const put = { method: 'PUT', headers: { ...headers, 'Content-Type': mediaType }, body: manifest };
  await succeed(fetch(`${base}/manifests/${tag}`, put));
  return digestOf(manifest);
}

async function succeed(answer: Promise<Response>): Promise<void> {
  const response = await answer;
  if (!response.ok) throw new Error(`${response.url}: ${response.status} ${await response.text()}`);
}

function digestOf(text: string): string {
  return `sha256:${createHash('sha256').update(text).digest('hex')}`;
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
