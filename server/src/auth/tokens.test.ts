import { randomUUID } from 'node:crypto';
import { createTokens } from './tokens.ts';

const settings = { algorithm: 'HS256', issuer: 'server', audience: 'server', leewaySeconds: 0 } as const;
const tokensOf = (secretKey: string, previousSecretKey?: string) =>
  createTokens({ ...settings, secretKey, previousSecretKey });

test('while the key is being changed the tokens of both are taken, and new ones are of the new key', async () => {
  const userId = randomUUID();
  const changing = tokensOf('new', 'old');
  expect(await changing.verify(await tokensOf('old').sign({ userId }))).toMatchObject({ userId });
  expect(await tokensOf('new').verify(await changing.sign({ userId }))).toMatchObject({ userId });
  await expect(changing.verify(await tokensOf('third').sign({ userId }))).rejects.toThrow(/Signature verification/);
  await expect(tokensOf('new').verify(await tokensOf('old').sign({ userId }))).rejects.toThrow(
    /Signature verification/,
  );
});
