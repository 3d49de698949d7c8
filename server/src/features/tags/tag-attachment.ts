import type { Transaction } from '../../database/database.ts';
import type { TaggableResourceType } from './tags-read-model.ts';

/** Puts tags on resources and takes them off, as part of another resource's write. */
export interface TagAttachment {
  /** Attaches tags by name, creating those that do not exist; database ids of resources of one type. */
  attach(transaction: Transaction, target: TagTarget, names: readonly string[] | null | undefined): Promise<void>;
  /** Detaches tags by name. */
  detach(transaction: Transaction, target: TagTarget, names: readonly string[] | null | undefined): Promise<void>;
}

/** What is tagged, and by whom (database ids). */
export interface TagTarget {
  readonly type: TaggableResourceType;
  readonly ids: readonly string[];
  readonly userId: string;
}
