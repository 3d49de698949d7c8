import { hostOf, type ImageReference, isLoopback } from './image-reference.ts';
import { CredentialsError, createRegistryAuthorization, type FindCredentials } from './registry-authorization.ts';

/**
 * What a registry answers. `refused`: its credentials do not suffice (some registries answer so for what they do not
 * have); `unreachable`: nothing certain came from it. The message completes the sentence "the registry …".
 */
export type RegistryAnswer =
  | { readonly outcome: 'yes' }
  | { readonly outcome: 'no' | 'refused' | 'unreachable'; readonly message: string };

/** Asks registries, over the API of the OCI Distribution Specification. */
export interface RegistryClient {
  /** Whether an image is there. */
  hasImage(image: ImageReference, signal?: AbortSignal): Promise<RegistryAnswer>;
  /** Whether an image may be pushed: begins an upload and gives it up. */
  mayPush(image: ImageReference, signal?: AbortSignal): Promise<RegistryAnswer>;
}

/** How registries are asked. */
export interface RegistryClientSettings {
  readonly findCredentials: FindCredentials;
  /** Registries without TLS, as names of images spell them; those of this machine are taken so anyway. */
  readonly plainHttp?: readonly string[];
}

/** Milliseconds until a registry is taken for unreachable. */
const PATIENCE = 10_000;

/** Every kind of manifest: registries answer 404 for one that is not accepted. */
export const MANIFEST_TYPES: readonly string[] = [
  'application/vnd.oci.image.index.v1+json',
  'application/vnd.oci.image.manifest.v1+json',
  'application/vnd.docker.distribution.manifest.list.v2+json',
  'application/vnd.docker.distribution.manifest.v2+json',
];

/** Makes a client that remembers tokens while they are valid. */
export function createRegistryClient({ findCredentials, plainHttp = [] }: RegistryClientSettings): RegistryClient {
  const originOf = (registry: string) => {
    const scheme = isLoopback(registry) || plainHttp.includes(registry) ? 'http' : 'https';
    return `${scheme}://${hostOf(registry)}`;
  };
  const authorized = createRegistryAuthorization(findCredentials);

  const ask = async (image: ImageReference, request: Request, signal: AbortSignal | undefined) => {
    const base = `${originOf(image.registry)}/v2/${image.repository}/`;
    const url = new URL(request.path, base);
    const { headers } = request;
    const send = async (authorization: string | undefined) => {
      const response = await fetch(url, {
        method: request.method,
        headers: { ...headers, ...(authorization !== undefined && { Authorization: authorization }) },
        signal: withPatience(signal),
      });
      await response.body?.cancel();
      return response;
    };
    return authorized({ image, actions: request.actions, url, send, signal: () => withPatience(signal) });
  };

  /** Registries forget an upload in time; those that take this do it at once. */
  const giveUp = async (image: ImageReference, begun: Response, signal: AbortSignal | undefined) => {
    const location = begun.headers.get('location');
    // It may lie on another host, which is not to learn the credentials.
    if (location === null || new URL(location, begun.url).origin !== originOf(image.registry)) return;
    const request = { method: 'DELETE', path: location, actions: 'delete', headers: {} };
    await answerOf(signal, async () => answerOfStatus((await ask(image, request, signal)).status));
  };

  return {
    async hasImage(image, signal) {
      const request = {
        method: 'HEAD',
        path: `manifests/${image.reference}`,
        actions: 'pull',
        headers: { Accept: MANIFEST_TYPES.join(', ') },
      };
      return answerOf(signal, async () => {
        const { status } = await ask(image, request, signal);
        if (status === 404) return { outcome: 'no', message: `has no \`${image.repository}:${image.reference}\`` };
        return status === 200 ? { outcome: 'yes' } : answerOfStatus(status);
      });
    },
    async mayPush(image, signal) {
      const request = {
        method: 'POST',
        path: 'blobs/uploads/',
        actions: 'pull,push',
        headers: { 'Content-Length': '0' },
      };
      return answerOf(signal, async () => {
        const response = await ask(image, request, signal);
        if (response.status === 404) return { outcome: 'no', message: `has no repository \`${image.repository}\`` };
        if (response.status !== 202) return answerOfStatus(response.status);
        await giveUp(image, response, signal);
        return { outcome: 'yes' };
      });
    },
  };
}

interface Request {
  readonly method: string;
  readonly path: string;
  readonly actions: string;
  readonly headers: Readonly<Record<string, string>>;
}

function withPatience(signal: AbortSignal | undefined): AbortSignal {
  const patience = AbortSignal.timeout(PATIENCE);
  return signal ? AbortSignal.any([signal, patience]) : patience;
}

async function answerOf(signal: AbortSignal | undefined, work: () => Promise<RegistryAnswer>): Promise<RegistryAnswer> {
  try {
    return await work();
  } catch (error) {
    signal?.throwIfAborted();
    if (error instanceof CredentialsError) {
      return { outcome: 'refused', message: `asks for credentials, and ${error.message}` };
    }
    return { outcome: 'unreachable', message: `cannot be reached: ${causeOf(error)}` };
  }
}

function answerOfStatus(status: number): RegistryAnswer {
  if (status === 401 || status === 403)
    return { outcome: 'refused', message: `refuses the credentials (status ${status})` };
  return { outcome: 'unreachable', message: `answers with status ${status}` };
}

/** Node hides what happened to a connection in the cause of its error. */
function causeOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  if (error.name === 'TimeoutError') return `no answer within ${PATIENCE / 1000} s`;
  const { cause } = error;
  if (cause instanceof AggregateError) return causeOf(cause.errors[0]);
  return cause instanceof Error ? causeOf(cause) : error.message;
}
