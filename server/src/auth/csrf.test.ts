import { ApiError } from '../errors.ts';
import { createCsrfTokens } from './csrf.ts';

const SESSION = '0b0b0b0b-1111-2222-3333-444444444444';
const tokens = createCsrfTokens({ secretKey: 'secret' });

test('a token fits its session', () => {
  expect(() => tokens.verify(tokens.sign(SESSION), SESSION)).not.toThrow();
});

test('a token of the reference fits its session', () => {
  // Made by itsdangerous 2.2: URLSafeSerializer("secret").dumps(SESSION).
  const packed = '.eJxTMkiCQF1DINA1AgJdYyDQNUECSgCk_ggJ.rRrln0gZy945t5YOBUfhnAOWh7M';
  expect(() => tokens.verify(packed, SESSION)).not.toThrow();
});

test.each([
  ['none', undefined, 'missing CSRF token'],
  ['that of another session', tokens.sign('another'), 'does not match the access token'],
  ['one signed with another key', createCsrfTokens({ secretKey: 'other' }).sign(SESSION), 'signature mismatch'],
  ['one without a signature', tokens.sign(SESSION).split('.')[0], 'signature mismatch'],
  ['no token at all', 'x', 'signature mismatch'],
])('%s is refused', (_what, token, message) => {
  const verify = () => tokens.verify(token, SESSION);
  expect(verify).toThrow(ApiError);
  expect(verify).toThrow(message);
});
