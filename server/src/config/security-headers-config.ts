import { z } from 'zod';
import type { Environment } from './environment.ts';
import { type ValuesOf, variable } from './variable.ts';

/** Values of ZenML 0.98.0 constants.py, which its dashboard works under. */
const DEFAULTS = {
  hsts: 'max-age=63072000; includeSubdomains',
  frameOptions: 'SAMEORIGIN',
  contentTypeOptions: 'nosniff',
  contentSecurityPolicy: [
    "default-src 'none'",
    "script-src 'self' 'unsafe-inline' 'unsafe-eval' https://widgets-v3.featureos.app https://static.reo.dev",
    "connect-src 'self' *",
    "img-src 'self' data: *",
    "style-src 'self' 'unsafe-inline'",
    "base-uri 'self'",
    "form-action 'self'",
    "font-src 'self'",
    'frame-src https://zenml.hellonext.co https://sdkdocs.zenml.io https://widgets-v3.hellonext.co ' +
      'https://widgets-v3.featureos.app https://zenml.portal.trainn.co',
  ].join('; '),
  referrerPolicy: 'no-referrer-when-downgrade',
  cacheControl: 'no-store, no-cache, must-revalidate',
  permissionsPolicy:
    'accelerometer=(), autoplay=(), camera=(), encrypted-media=(), geolocation=(), gyroscope=(), magnetometer=(), ' +
    'microphone=(), midi=(), payment=(), sync-xhr=(), usb=()',
};

const OFF = new Set(['disabled', 'no', 'none', 'false', 'off']);
const ON = new Set(['enabled', 'yes', 'true', 'on']);

/** A header's value: a word of `OFF` leaves the header out, a word of `ON` means the default. */
function headerValue<Fallback extends string | true>(fallback: Fallback) {
  return z
    .string()
    .transform((value): string | undefined | Fallback => {
      const word = value.toLowerCase();
      if (OFF.has(word)) return undefined;
      return ON.has(word) ? fallback : value;
    })
    .refine((value) => typeof value !== 'string' || /^[\t\x20-\x7e]+$/.test(value))
    .describe('a header’s value in one line of ASCII; `off` leaves the header out, `on` is the default');
}

function header(name: string, headerName: string, fallback: string) {
  const format = headerValue(fallback);
  return variable<string | undefined>(`ZENML_SERVER_SECURE_HEADERS_${name}`, format, fallback, {
    doc: `The header \`${headerName}\`.`,
  });
}

/** Headers that every answer carries. */
export const securityHeadersVariables = {
  /** `true` means the server's id, which only the database knows. */
  server: variable<string | true | undefined>('ZENML_SERVER_SECURE_HEADERS_SERVER', headerValue(true as const), true, {
    fallbackText: 'the server’s id',
    doc: 'The header `Server`.',
  }),
  hsts: header('HSTS', 'Strict-Transport-Security', DEFAULTS.hsts),
  frameOptions: header('XFO', 'X-Frame-Options', DEFAULTS.frameOptions),
  contentTypeOptions: header('CONTENT', 'X-Content-Type-Options', DEFAULTS.contentTypeOptions),
  contentSecurityPolicy: variable<string | undefined>(
    'ZENML_SERVER_SECURE_HEADERS_CSP',
    headerValue(DEFAULTS.contentSecurityPolicy),
    DEFAULTS.contentSecurityPolicy,
    { doc: 'The header `Content-Security-Policy`. Its directives replace those of the same name in the default.' },
  ),
  referrerPolicy: header('REFERRER', 'Referrer-Policy', DEFAULTS.referrerPolicy),
  cacheControl: header('CACHE', 'Cache-Control', DEFAULTS.cacheControl),
  permissionsPolicy: header('PERMISSIONS', 'Permissions-Policy', DEFAULTS.permissionsPolicy),
};

/** Header values by what they are for; `undefined` leaves a header out. */
export type SecurityHeadersConfig = ValuesOf<typeof securityHeadersVariables>;

/** Reads the headers and completes a content security policy with the default's directives. */
export function readSecurityHeaders(environment: Environment): SecurityHeadersConfig {
  const values = environment.read(securityHeadersVariables);
  const policy = values.contentSecurityPolicy;
  return { ...values, contentSecurityPolicy: policy && mergePolicy(DEFAULTS.contentSecurityPolicy, policy) };
}

function mergePolicy(base: string, over: string): string {
  const directives = new Map([...directivesOf(base), ...directivesOf(over)]);
  return [...directives].map(([name, sources]) => [name, sources].filter(Boolean).join(' ')).join('; ');
}

function directivesOf(policy: string): [name: string, sources: string][] {
  const directives = policy.split(';').map((directive) => directive.trim());
  return directives.filter(Boolean).map((directive) => {
    const [name = '', ...sources] = directive.split(/\s+/);
    return [name, sources.join(' ')];
  });
}

/** The headers by name, as every answer carries them. @param serverId hyphenated */
export function toHeaders(config: SecurityHeadersConfig, serverId: string): Record<string, string | undefined> {
  return {
    Server: config.server === true ? serverId : config.server,
    'Strict-Transport-Security': config.hsts,
    'X-Frame-Options': config.frameOptions,
    'Content-Security-Policy': config.contentSecurityPolicy,
    'X-Content-Type-Options': config.contentTypeOptions,
    'Referrer-Policy': config.referrerPolicy,
    'Cache-Control': config.cacheControl,
    'Permissions-Policy': config.permissionsPolicy,
  };
}
