/** A statement of a policy of AWS. */
export interface Statement {
  readonly sid?: string;
  readonly effect?: 'Allow' | 'Deny';
  readonly principal?: '*' | Readonly<Record<string, string>>;
  readonly actions: readonly string[];
  readonly resources?: readonly string[];
  readonly condition?: Readonly<Record<string, Readonly<Record<string, string | readonly string[]>>>>;
}

/** A policy as IAM, S3 and KMS take it: JSON, which may hold references to other resources. */
export function formatPolicy(statements: readonly Statement[]): string {
  return JSON.stringify({
    Version: '2012-10-17',
    Statement: statements.map(({ sid, effect = 'Allow', principal, actions, resources, condition }) => ({
      ...(sid && { Sid: sid }),
      Effect: effect,
      ...(principal && { Principal: principal }),
      Action: actions,
      ...(resources && { Resource: resources }),
      ...(condition && { Condition: condition }),
    })),
  });
}
