import { type ECRClient, GetAuthorizationTokenCommand } from '@aws-sdk/client-ecr';

/** What Docker logs in to ECR with. */
export interface EcrToken {
  /** Always `AWS`. */
  readonly username: string;
  readonly password: string;
}

/** How long a token must still be good, of its twelve hours, milliseconds: a build takes its time before it pushes. */
const MARGIN = 2 * 60 * 60 * 1000;

/** Gets the tokens of registries, by account. A token is used again while it is good for a build. */
export function createEcrTokens(): (
  client: ECRClient,
  registryId: string,
  signal: AbortSignal | undefined,
) => Promise<EcrToken> {
  const known = new Map<string, { readonly token: EcrToken; readonly until: number }>();
  return async (client, registryId, signal) => {
    const key = `${await client.config.region()}/${registryId}`;
    const found = known.get(key);
    if (found && found.until > Date.now()) return found.token;
    const { authorizationData = [] } = await client.send(new GetAuthorizationTokenCommand({}), { abortSignal: signal });
    const [{ authorizationToken, expiresAt } = {}] = authorizationData;
    const [username = '', ...rest] = Buffer.from(authorizationToken ?? '', 'base64')
      .toString('utf8')
      .split(':');
    if (rest.length === 0) throw new Error('ECR gave no authorization token');
    const token = { username, password: rest.join(':') };
    known.set(key, { token, until: (expiresAt?.getTime() ?? 0) - MARGIN });
    return token;
  };
}
