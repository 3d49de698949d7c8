import type { CallerPermissions } from './permissions.ts';
import type { TokenClaims } from './tokens.ts';

/** Who is calling: the user behind a verified credential. */
export interface Identity {
  readonly user: IdentityUser;
  /** What the access token says, where one was used: it may be bound to a device, an API key, a run or a schedule. */
  readonly token?: TokenClaims | undefined;
  /** The API key (API form of its id) behind the request. */
  readonly apiKey?: { readonly id: string; readonly generation: number } | undefined;
  /** What the caller may do, where a control plane decides that; otherwise administrators may do everything. */
  readonly permissions?: CallerPermissions | undefined;
}

/** The user of an {@link Identity}. */
export interface IdentityUser {
  /** API form. */
  readonly id: string;
  readonly name: string;
  readonly isAdmin: boolean;
  readonly isServiceAccount: boolean;
  /** The id that the control plane knows the user under, where it does; API form. */
  readonly externalId?: string | undefined;
}
