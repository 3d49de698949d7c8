/** An index that ZenML's schema lacks. The reference runs with it unchanged. */
export interface ExtraIndex {
  readonly table: string;
  /** Begins with `ix_ws_`. */
  readonly name: string;
  readonly columns: readonly string[];
  /** Which statement needs it, and what it did without. */
  readonly reason: string;
}

/** The only differences of our tables from ZenML's; each one's reason is a statement that was measured. */
export const EXTRA_INDEXES: readonly ExtraIndex[] = [];
