import { stringifySetCookie } from 'cookie';

/** The cookie in which a browser keeps its access token. */
export interface SessionCookie {
  readonly name: string;
  readonly domain: string | undefined;
  /** How long a browser keeps it, seconds; until it is closed, where left out. */
  readonly maxAgeSeconds: number | undefined;
  /** Where browsers reach this server, if that is configured. */
  readonly serverUrl: string | undefined;
}

/** The headers of a log-in that tell from where it comes. */
export interface Origin {
  readonly origin: string | undefined;
  readonly forwardedHost: string | undefined;
  readonly host: string | undefined;
}

/** Whether a log-in comes from a page of another site: its session then needs a CSRF token. */
export function isCrossSite(cookie: SessionCookie, { origin, forwardedHost, host }: Origin): boolean {
  const asking = hostOf(origin);
  const own = cookie.domain ?? hostOf(cookie.serverUrl) ?? forwardedHost ?? host;
  if (!asking || !own) return false;
  return !isSameSite(withoutPort(asking), withoutPort(own));
}

/** One host is the other, or both are below the same registrable name of two labels or more. */
function isSameSite(asking: string, own: string): boolean {
  const target = own.replace(/^\./, '');
  return asking === target || asking.endsWith(`.${target}`);
}

/** The `Set-Cookie` header of a log-in. */
export function sessionCookieHeader(cookie: SessionCookie, token: string, crossSite: boolean): string {
  const secure = !cookie.serverUrl?.startsWith('http://');
  return stringifySetCookie(cookie.name, token, {
    httpOnly: true,
    path: '/',
    secure: crossSite && secure,
    sameSite: crossSite && secure ? 'none' : 'lax',
    ...(cookie.maxAgeSeconds !== undefined && { maxAge: cookie.maxAgeSeconds }),
    ...(cookie.domain !== undefined && { domain: cookie.domain }),
  });
}

/** The `Set-Cookie` header of a log-out. */
export function clearedCookieHeader(cookie: SessionCookie): string {
  const domain = cookie.domain !== undefined && { domain: cookie.domain };
  return stringifySetCookie(cookie.name, '', { httpOnly: true, path: '/', sameSite: 'lax', maxAge: 0, ...domain });
}

function hostOf(url: string | undefined): string | undefined {
  return url && URL.canParse(url) ? new URL(url).host : undefined;
}

function withoutPort(host: string): string {
  return host.replace(/:\d+$/, '');
}
