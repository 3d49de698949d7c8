import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { Companion, capture, freePort, runOrFail, tail } from '../../tools/bootstrap/process.mjs';
import { readManifests, type ServerPod, serverPodOf } from './pod-environment.ts';
import { REGION, type StackOnMoto } from './stack-on-moto.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const MAIN = join(ROOT, 'server', 'src', 'main.ts');

/** Goes the user's way from the outputs of a stack to the server's pods: values, manifests, the secret. */
export async function deploy(stack: StackOnMoto, secret: Readonly<Record<string, string>>): Promise<ServerPod> {
  const { directory, terraform, moto } = stack;
  const { server_secret: place } = await terraform.outputs();
  await moto.writeSecret(String(place), REGION, JSON.stringify(secret));
  const env = { ...terraform.environment, INIT_CWD: directory };
  await runOrFail(process.execPath, [join(ROOT, 'infra', 'values.ts')], { env });
  const manifests = join(directory, 'dist', 'manifests');
  await runOrFail(process.execPath, [join(ROOT, 'charts-ts', 'main.ts')], {
    env: { ...process.env, ZENML_CHART_VALUES: join(directory, 'values.yaml'), CDK8S_OUTDIR: manifests },
  });
  return serverPodOf(readManifests(manifests), (key) => moto.readSecret(key, REGION));
}

/**
 * What a process has that stands for a pod: its variables, what EKS adds for its role, where AWS is, and ports that are
 * free here. There is no cluster: its address is one where nobody listens.
 */
export async function processEnvironment(
  { environment, roleArn }: ServerPod,
  { directory, moto }: StackOnMoto,
): Promise<Record<string, string>> {
  const home = join(directory, 'pod');
  mkdirSync(home, { recursive: true });
  const [token, kubeconfig] = [join(home, 'token'), join(home, 'kubeconfig')];
  writeFileSync(token, 'a token of the cluster');
  const [port, metricsPort, nowhere] = [await freePort(), await freePort(), await freePort()];
  const cluster = { name: 'none', cluster: { server: `https://127.0.0.1:${nowhere}` } };
  const context = { name: 'none', context: { cluster: 'none', user: 'none' } };
  const config = { clusters: [cluster], contexts: [context], 'current-context': 'none', users: [{ name: 'none' }] };
  writeFileSync(kubeconfig, JSON.stringify({ apiVersion: 'v1', kind: 'Config', ...config }));
  return {
    ...environment,
    ...(roleArn !== undefined && { AWS_ROLE_ARN: roleArn, AWS_WEB_IDENTITY_TOKEN_FILE: token }),
    AWS_ENDPOINT_URL: moto.url,
    AWS_EC2_METADATA_DISABLED: 'true',
    AWS_REGION: REGION,
    KUBECONFIG: kubeconfig,
    ZENML_WORKSPACE_HOST: '127.0.0.1',
    ZENML_WORKSPACE_PORT: `${port}`,
    ZENML_WORKSPACE_METRICS_PORT: `${metricsPort}`,
  };
}

/** Runs a command of the server. */
export function runServerCommand(
  environment: Record<string, string>,
  command: string,
): Promise<{ code: number; output: string }> {
  return capture(process.execPath, [MAIN, command], { cwd: ROOT, env: environment });
}

/** Starts the server and waits until it is ready. @returns what stops it */
export async function startServer(environment: Record<string, string>, log: string): Promise<Companion> {
  const server = new Companion('server', process.execPath, [MAIN], { log, cwd: ROOT, env: environment });
  const url = `http://127.0.0.1:${environment['ZENML_WORKSPACE_PORT']}/ready`;
  for (let tries = 0; tries < 1800 && server.running; tries++) {
    const answer = await fetch(url).catch(() => undefined);
    if (answer?.ok) return server;
    await sleep(100);
  }
  if (server.running) await server.stop();
  throw new Error(`The server does not get ready:\n${tail(log)}`);
}
