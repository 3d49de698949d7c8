import { isCrossSite, type SessionCookie, sessionCookieHeader } from './session-cookie.ts';

const cookie: SessionCookie = {
  name: 'zenml-server-x',
  domain: undefined,
  maxAgeSeconds: undefined,
  serverUrl: 'https://zenml.example.com',
};
const from = (origin: string | undefined) => ({ origin, forwardedHost: undefined, host: 'inner:8080' });

describe('isCrossSite', () => {
  test.each([
    ['no page at all', undefined, false],
    ['the server’s own page', 'https://zenml.example.com', false],
    ['a page below the server', 'https://dashboard.zenml.example.com', false],
    ['another name', 'https://example.org', true],
    ['a name that only ends alike', 'https://evilzenml.example.com', true],
    ['a page beside the server', 'https://other.example.com', true],
  ])('%s', (_title, origin, expected) => {
    expect(isCrossSite(cookie, from(origin))).toBe(expected);
  });

  test('takes the host of the request where nothing is configured', () => {
    const unset = { ...cookie, serverUrl: undefined };
    expect(
      isCrossSite(unset, { origin: 'http://127.0.0.1:3000', forwardedHost: undefined, host: '127.0.0.1:8080' }),
    ).toBe(false);
  });
});

test('a session of another site is sent over TLS only, one of the own site with its pages', () => {
  expect(sessionCookieHeader(cookie, 't', true)).toBe('zenml-server-x=t; Path=/; HttpOnly; Secure; SameSite=None');
  expect(sessionCookieHeader(cookie, 't', false)).toBe('zenml-server-x=t; Path=/; HttpOnly; SameSite=Lax');
});
