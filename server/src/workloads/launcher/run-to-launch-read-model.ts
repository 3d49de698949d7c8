import type { Connection } from '../../database/database.ts';

/** A run that is to be launched. */
export interface RunToLaunch {
  readonly name: string;
  readonly status: string;
  readonly pipelineName: string | undefined;
  /** Whether the user is there on whose behalf it is launched. */
  readonly hasUser: boolean;
}

/** Finds a run. @param userId who launches it; database ids */
export async function findRunToLaunch(
  connection: Connection,
  { runId, userId }: { readonly runId: string; readonly userId: string | undefined },
): Promise<RunToLaunch | undefined> {
  const row = await connection
    .selectFrom('pipeline_run as run')
    .leftJoin('pipeline', 'pipeline.id', 'run.pipeline_id')
    .leftJoin('user', (join) => join.on('user.id', '=', userId ?? null))
    .select(['run.name', 'run.status', 'pipeline.name as pipeline_name', 'user.id as user_id'])
    .where('run.id', '=', runId)
    .executeTakeFirst();
  if (!row) return undefined;
  const { name, status, pipeline_name: pipelineName } = row;
  return { name, status, pipelineName: pipelineName ?? undefined, hasUser: row.user_id !== null };
}
