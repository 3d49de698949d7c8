/** Who is calling: the user behind a verified credential. */
export interface Identity {
  readonly user: IdentityUser;
}

/** The user of an {@link Identity}. */
export interface IdentityUser {
  /** API form. */
  readonly id: string;
  readonly name: string;
  readonly isAdmin: boolean;
  readonly isServiceAccount: boolean;
}
