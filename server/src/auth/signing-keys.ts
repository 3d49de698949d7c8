import { errors, type JWTVerifyOptions, type JWTVerifyResult, jwtVerify } from 'jose';

/** What tokens are signed with. */
export interface SigningKeys {
  readonly secretKey: string;
  /** While the key is being changed: another one, whose tokens are taken too. */
  readonly previousSecretKey?: string | undefined;
}

/** Makes what verifies tokens of either key. It throws jose's errors. */
export function createVerifier(
  { secretKey, previousSecretKey }: SigningKeys,
  options: JWTVerifyOptions,
): (token: string) => Promise<JWTVerifyResult> {
  const checkBy = (text: string) => {
    const key = new TextEncoder().encode(text);
    return (token: string) => jwtVerify(token, key, options);
  };
  const check = checkBy(secretKey);
  if (previousSecretKey === undefined) return check;
  const checkByPrevious = checkBy(previousSecretKey);
  return (token) =>
    check(token).catch((error: unknown) => {
      if (!(error instanceof errors.JWSSignatureVerificationFailed)) throw error;
      return checkByPrevious(token);
    });
}
