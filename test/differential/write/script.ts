import type { Seeded } from '../seed/seed.ts';
import type { Session } from '../session.ts';

/** Writes of one feature, sent to both servers after seeding; scripts run in their order, on what the earlier ones left. */
export interface WriteScript {
  name: string;
  run: (session: Session, seeded: Seeded) => Promise<void>;
}

/** An id that nothing has. */
export const unknownId = '00000000-0000-4000-8000-000000000000';
