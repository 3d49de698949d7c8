/** How long an API server that has just started may take to know its roles, milliseconds. */
const PATIENCE = 60_000;

/**
 * An API server that has just started does not find the roles which bindings name, and denies what they allow. Where a binding
 * has outlived its role it says the same, for good: what it has said for long enough holds.
 */
export interface Doubt {
  /** Whether it has lasted for so long that what is said to be denied is. Begins where there was none. */
  hasLasted(): boolean;
  /** It is known now. */
  end(): void;
}

/** Whether an API server says that it does not find a role, which leaves open what it denies. */
export function findsNoRole(why: string): boolean {
  return /RBAC: .*not found/.test(why);
}

/** Makes one for something that is asked for again and again. */
export function createDoubt(patience = PATIENCE): Doubt {
  let since: number | undefined;
  return {
    hasLasted() {
      since ??= Date.now();
      return Date.now() - since >= patience;
    },
    end() {
      since = undefined;
    },
  };
}
