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

/** What connections are made and kept by. */
type Dispatcher = NonNullable<ReturnType<RequestContext['getDispatcher']>>;

/**
 * Over HTTP/2 all requests would share one connection, which the API server ends for one whose credentials it refuses: those
 * beside it would fail too.
 */
const overHttp1: Parameters<Dispatcher['compose']>[0] = (dispatch) => (options, handler) =>
  dispatch({ ...options, ...HTTP1 }, handler);
/** The types do not name it. */
const HTTP1 = { allowH2: false };

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

/** What was read, and when. */
interface Known {
  readonly config: KubeConfig;
  /** Milliseconds since 1970. */
  readonly since: number;
}

/**
 * @param first what was read already; where left out, the first request has it read
 * @param read reads the kubeconfig anew: with it plugins and files are asked for what they give now
 */
export function createCredentials(first: KubeConfig | undefined, read: () => Promise<KubeConfig>): Credentials {
  let current: Known | undefined = first && { config: first, since: Date.now() };
  let renewal: Promise<Known> | undefined;
  const appliedTo = new WeakMap<RequestContext, KubeConfig>();
  const dispatchers = new WeakMap<KubeConfig, Dispatcher>();

  /**
   * The library makes a dispatcher for each request, and that a connection of its own. A certificate that a plugin has given in
   * the meantime is not sent so; once the cluster refuses the old one, the kubeconfig is read anew.
   */
  const shareConnections = (config: KubeConfig, request: RequestContext) => {
    const own = request.getDispatcher();
    if (!own) return;
    const dispatcher = dispatchers.get(config) ?? own.compose(overHttp1);
    dispatchers.set(config, dispatcher);
    request.setDispatcher(dispatcher);
  };

  const renew = () => {
    renewal ??= read()
      .catch((error: unknown) => {
        // It may just be being written: what was read before may still be good, and if not, the cluster says so.
        if (current) return current.config;
        throw error;
      })
      .then((config) => {
        current = { config, since: Date.now() };
        return current;
      })
      .finally(() => {
        renewal = undefined;
      });
    return renewal;
  };
  // A plugin's credentials say when they end, and the library asks for new ones by itself.
  const isFresh = ({ config, since }: Known) => since + LIFETIME >= Date.now() || config.getCurrentUser()?.exec;

  return {
    async apply(request) {
      const { config } = current && isFresh(current) ? current : await renew();
      appliedTo.set(request, config);
      try {
        await config.applySecurityAuthentication(request);
      } catch (error) {
        const reason = error instanceof Error ? error.message.trim().replaceAll(/\s+/g, ' ') : String(error);
        throw new NoCredentialsError(`the server gets no credentials for it: ${reason}`, { cause: error });
      }
      shareConnections(config, request);
    },
    async renewFor(request) {
      const used = appliedTo.get(request);
      if (used !== current?.config) return true;
      if (current && current.since + PAUSE > Date.now()) return false;
      return used !== (await renew()).config;
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
