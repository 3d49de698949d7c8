import { AssumeRoleCommand, type Credentials, GetSessionTokenCommand, STSClient } from '@aws-sdk/client-sts';
import type { AwsKeys, AwsSecretsPlace } from '../config/secrets-place.ts';

/** Keys that end. AWS' clients ask for the next ones in time. */
export interface SessionKeys extends AwsKeys {
  readonly expiration?: Date;
}

/** As which AWS' records name the server, as ZenML does. */
const SESSION_NAME = 'zenml-connector';

/**
 * Gets keys of the session that a place asks for, under its own keys or those that AWS' SDK finds.
 * @returns `undefined` where a place uses its keys as they are
 */
export function createSessions(place: AwsSecretsPlace, timeout: number): (() => Promise<SessionKeys>) | undefined {
  const { region, session, credentials, profile } = place;
  if (!session) return undefined;
  const client = new STSClient({
    region,
    ...(credentials && { credentials: { ...credentials } }),
    ...(profile !== undefined && { profile }),
  });
  return async () => {
    const deadline = { abortSignal: AbortSignal.timeout(timeout) };
    if (session.kind === 'token') {
      return keysOf((await client.send(new GetSessionTokenCommand({}), deadline)).Credentials);
    }
    const { roleArn, policy, policyArns } = session;
    const request = new AssumeRoleCommand({
      RoleArn: roleArn,
      RoleSessionName: SESSION_NAME,
      ...(policy !== undefined && { Policy: policy }),
      ...(policyArns && { PolicyArns: policyArns.map((arn) => ({ arn })) }),
    });
    return keysOf((await client.send(request, deadline)).Credentials);
  };
}

function keysOf(credentials: Credentials | undefined): SessionKeys {
  const { AccessKeyId, SecretAccessKey, SessionToken, Expiration } = credentials ?? {};
  if (!AccessKeyId || !SecretAccessKey || !SessionToken) throw new Error('AWS STS gave no keys');
  return {
    accessKeyId: AccessKeyId,
    secretAccessKey: SecretAccessKey,
    sessionToken: SessionToken,
    ...(Expiration && { expiration: Expiration }),
  };
}
