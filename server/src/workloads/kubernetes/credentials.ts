import {
  createConfiguration,
  type KubeConfig,
  type RequestContext,
  type ResponseContext,
  wrapHttpLibrary,
} from '@kubernetes/client-node';

/** How long a kubeconfig is taken to be as it was, milliseconds: token files rotate long before their tokens end. */
const LIFETIME = 60_000;
/** How soon after it was read it is not read again because the cluster refuses it, milliseconds. */
const PAUSE = 1000;

/** Whoever asks the cluster has no credentials: a token file or a plugin does not give any. */
export class NoCredentialsError extends Error {
  override name = 'NoCredentialsError';
}

/** Authenticates requests, with what is renewed outside of this process. */
export interface Credentials {
  /** @throws {NoCredentialsError} */
  apply(request: RequestContext): Promise<void>;
  /** @returns whether a request that was refused with status 401 may be accepted with other credentials by now */
  renewFor(request: RequestContext): Promise<boolean>;
}

/** @param read reads the kubeconfig anew: with it plugins and files are asked for what they give now */
export function createCredentials(first: KubeConfig, read: () => Promise<KubeConfig>): Credentials {
  let current = { config: first, since: Date.now() };
  let renewal: Promise<void> | undefined;
  const appliedTo = new WeakMap<RequestContext, KubeConfig>();

  const renew = () => {
    renewal ??= read()
      // It may just be being written: what was read before may still be good, and if not, the cluster says so.
      .catch(() => current.config)
      .then((config) => {
        current = { config, since: Date.now() };
        renewal = undefined;
      });
    return renewal;
  };

  return {
    async apply(request) {
      // A plugin's credentials say when they end, and the library asks for new ones by itself.
      if (current.since + LIFETIME < Date.now() && !current.config.getCurrentUser()?.exec) await renew();
      const { config } = current;
      appliedTo.set(request, config);
      try {
        await config.applySecurityAuthentication(request);
      } catch (error) {
        const reason = error instanceof Error ? error.message.trim().replaceAll(/\s+/g, ' ') : String(error);
        throw new NoCredentialsError(`the server gets no credentials for it: ${reason}`, { cause: error });
      }
    },
    async renewFor(request) {
      if (appliedTo.get(request) !== current.config) return true;
      if (current.since + PAUSE > Date.now()) return false;
      await renew();
      return appliedTo.get(request) !== current.config;
    },
  };
}

/** Sends requests, those that are refused because of their credentials once more with others. */
export function createHttpLibrary(credentials: Credentials): ReturnType<typeof wrapHttpLibrary> {
  const library = createConfiguration().httpApi;
  const send = (request: RequestContext): Promise<ResponseContext> => library.send(request).toPromise();
  return wrapHttpLibrary({
    async send(request) {
      const response = await send(request);
      if (response.httpStatusCode !== 401 || !(await credentials.renewFor(request))) return response;
      // It is read so that its connection becomes free.
      await response.body.text();
      await credentials.apply(request);
      return send(request);
    },
  });
}
