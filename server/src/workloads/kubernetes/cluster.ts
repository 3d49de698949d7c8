import { Readable } from 'node:stream';
import type { ReadableStream } from 'node:stream/web';
import {
  ApiException,
  AuthorizationV1Api,
  BatchV1Api,
  type Configuration,
  CoreV1Api,
  createConfiguration,
  HttpMethod,
  type KubeConfig,
  RequestContext,
  ServerConfiguration,
  VersionApi,
} from '@kubernetes/client-node';
import { createCloudCredentials, type FindCluster, NoClusterError } from './cloud-cluster.ts';
import { type Credentials, createCredentials, createHttpLibrary } from './credentials.ts';
import { type Doubt, findsNoRole } from './doubt.ts';
import { kubeConfigFiles, readKubeConfig } from './kube-config.ts';

/** How long a request may take, streams apart, milliseconds. */
const TIMEOUT = 15_000;

/** The parts of a cluster's API that are used. Errors of requests are `ApiException` or, without an answer, `TypeError`. */
export interface Cluster {
  /** Its API server's address, or what its cloud calls it. */
  readonly server: string;
  readonly batch: BatchV1Api;
  readonly core: CoreV1Api;
  readonly authorization: AuthorizationV1Api;
  readonly version: VersionApi;
  /** A request whose answer goes on: a watch, or a log that is followed. */
  stream(path: string, query: Readonly<Record<string, string>>, signal: AbortSignal): Promise<Readable>;
}

/** Where a kubeconfig says what the cluster is. */
export interface ClusterChoice {
  /** One file or several, as `KUBECONFIG` names them; `~/.kube/config` where left out. */
  readonly kubeconfig?: string | undefined;
  /** Of the kubeconfig; its current one where left out. */
  readonly context?: string | undefined;
}

/**
 * Takes the cluster from a kubeconfig, where there is none from the pod that the server runs in. Nothing is sent yet.
 * @throws {NoClusterError}
 */
export function connectCluster({ kubeconfig, context }: ClusterChoice): Cluster {
  const files = kubeConfigFiles(kubeconfig);
  const config = readOrThrow(files, context);
  const server = config.getCurrentCluster()?.server;
  // The library's last resort, which is nobody's cluster.
  if (server === undefined || server === 'http://localhost:8080') {
    throw new NoClusterError('There is no kubeconfig, and the server does not run in a pod with a service account.');
  }
  // Whoever chooses another context meanwhile does not mean this server, whose cluster must not see the other's credentials.
  const chosen = context ?? config.getCurrentContext();
  const readAgain = async () => {
    const read = readKubeConfig(files, chosen);
    if (read.getCurrentCluster()?.server !== server)
      throw new Error(`the context \`${chosen}\` has another cluster now`);
    return read;
  };
  return clusterOf(server, createCredentials(config, readAgain));
}

/** Takes a cluster of a cloud, which need not answer yet. */
export function connectCloudCluster(name: string, find: FindCluster): Cluster {
  return { ...clusterOf(NOWHERE, createCloudCredentials(find)), server: name };
}

/** Stands in addresses of requests until it is known where their cluster is. */
const NOWHERE = 'https://cluster.invalid';

function clusterOf(server: string, credentials: Credentials): Cluster {
  const configuration = configure(credentials, server);
  return {
    server,
    batch: new BatchV1Api(configuration),
    core: new CoreV1Api(configuration),
    authorization: new AuthorizationV1Api(configuration),
    version: new VersionApi(configuration),
    stream: (path, query, signal) => openStream({ credentials, configuration, server }, path, query, signal),
  };
}

function readOrThrow(files: readonly string[], context: string | undefined): KubeConfig {
  try {
    return readKubeConfig(files, context);
  } catch (error) {
    throw new NoClusterError(`The kubeconfig cannot be used: ${explain(error)}.`, { cause: error });
  }
}

function configure(credentials: Credentials, server: string): Configuration {
  return createConfiguration({
    baseServer: new ServerConfiguration(server, {}),
    httpApi: createHttpLibrary(credentials),
    authMethods: {
      default: { getName: () => 'kubeconfig', applySecurityAuthentication: (request) => credentials.apply(request) },
    },
    promiseMiddleware: [
      {
        pre: async (request) => {
          request.setSignal(AbortSignal.timeout(TIMEOUT));
          return request;
        },
        post: async (response) => response,
      },
    ],
  });
}

interface Connection {
  readonly credentials: Credentials;
  readonly configuration: Configuration;
  readonly server: string;
}

/** The library's own watch and log do not report a connection that breaks; this one's stream does. */
async function openStream(
  { credentials, configuration, server }: Connection,
  path: string,
  query: Readonly<Record<string, string>>,
  signal: AbortSignal,
): Promise<Readable> {
  const url = new URL(server + path);
  for (const [name, value] of Object.entries(query)) url.searchParams.set(name, value);
  const request = new RequestContext(url.toString(), HttpMethod.GET);
  await credentials.apply(request);
  request.setSignal(signal);
  const response = await configuration.httpApi.send(request).toPromise();
  if (response.httpStatusCode !== 200) {
    throw new ApiException(response.httpStatusCode, 'refused', await response.body.text(), response.headers);
  }
  const body = response.body.stream();
  return body === null ? Readable.from([]) : Readable.fromWeb(body as ReadableStream<Uint8Array>);
}

/** The HTTP status of a refusal. @returns `undefined` for any other error */
export function refusalStatus(error: unknown): number | undefined {
  return error instanceof ApiException ? error.code : undefined;
}

/** Whether what was asked for is not there, be it only because its namespace is not. */
export function isMissing(error: unknown): boolean {
  return refusalStatus(error) === 404;
}

/**
 * Whether it was refused because there is one of its name. Of many that are made at once an API server that counts them for a
 * quota refuses some with the same status, and another reason: these are not there.
 */
export function isThereAlready(error: unknown): boolean {
  return error instanceof ApiException && error.code === 409 && statusOf(error.body)?.reason === 'AlreadyExists';
}

/**
 * Whether another try would be refused too. A quota becomes free again, and what is used of a new one is counted first; a role
 * may be mended, and an API server that has just started knows none yet; what is not valid stays so.
 */
export function isFinalRefusal(error: unknown): boolean {
  const status = refusalStatus(error);
  if (status === 403) return !isDeniedByRole(error) && !/exceeded quota|status unknown for quota/.test(explain(error));
  return status === 400 || status === 404 || status === 422;
}

/** Whether no role of the server allows it, as far as the API server knows: neither a quota nor a policy stands in its way. */
export function isDeniedByRole(error: unknown): boolean {
  return refusalStatus(error) === 403 && /cannot \w+ resource/.test(explain(error));
}

/** Whether the role of the server does not allow it. @param doubt where the API server does not find all roles */
export function isDenied(error: unknown, doubt: Doubt): boolean {
  if (refusalStatus(error) !== 403) return false;
  return !findsNoRole(explain(error)) || doubt.hasLasted();
}

/** What the API server says of a refusal, or what else went wrong: one line. */
export function explain(error: unknown): string {
  if (error instanceof ApiException) {
    if (error.code === 401) return "the server's credentials are not accepted";
    return statusOf(error.body)?.message || `status ${error.code}`;
  }
  if (!(error instanceof Error)) return String(error);
  const cause = error.cause instanceof Error ? error.cause.message : '';
  return cause === '' ? error.message : `${error.message}: ${cause}`;
}

/** The `Status` that the API server answers with, as far as it matters here. */
interface RefusalStatus {
  readonly reason?: string;
  readonly message?: string;
}

function statusOf(body: unknown): RefusalStatus | undefined {
  const status = typeof body === 'string' ? parse(body) : body;
  return typeof status === 'object' && status !== null ? status : undefined;
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return { message: text.trim() };
  }
}
