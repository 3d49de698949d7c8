import { type SqlBool, sql } from 'kysely';
import type { RowScope } from '../../auth/permissions.ts';
import { invalidBody } from '../../contract/issues.ts';
import type { BodyOf, Model } from '../../contract/operation-types.ts';
import type { Connection } from '../../database/database.ts';
import { fromDatabaseId } from '../../database/ids.ts';
import { asContractNumber, asFloat, isExactNumber, parseExactly } from '../../exact-numbers.ts';
import type { Operand } from '../../listing/comparisons.ts';
import { compileListQuery } from '../../listing/list-query.ts';
import { withinRows } from '../../listing/lister.ts';
import { RUN_LIST } from './runs-list.ts';

/** A request for statistics. */
export type StatisticsRequest = BodyOf<'get_run_statistics_api_v1_runs_statistics_post'>;
type Grouping = NonNullable<StatisticsRequest['groupings']>[number];
type Metric = NonNullable<StatisticsRequest['metrics']>[number];

/**
 * Groups the runs of a project that a filter lets through and aggregates over each group (ZenML 0.98.0
 * zen_stores/sql_run_statistics.py).
 * @param projectId database id.
 * @param rows which runs the caller may read; all where left out
 * @throws RequestValidationError 422
 */
export async function loadRunStatistics(
  connection: Connection,
  request: StatisticsRequest,
  projectId: string,
  rows?: RowScope,
): Promise<Model<'RunStatisticsResponse'>> {
  const { groupings = [], metrics = [], max_groups } = request;
  checkStatisticsRequest(groupings, metrics);
  const inProject = sql<SqlBool>`pipeline_run.project_id = ${projectId}`;
  const within = rows ? [withinRows('pipeline_run', rows)] : [];
  const { where } = compileListQuery(RUN_LIST, request.filter, [inProject, ...within]);
  const runs = sql`select ${sql.join([sql`pipeline_run.id as run_id`, ...valuesOfRun(groupings, metrics)])}
    from pipeline_run left join pipeline_snapshot as snapshot on snapshot.id = pipeline_run.snapshot_id where ${where}`;
  const keys = groupings.map((grouping, at) => sql`${keyOf(grouping, at)} as ${sql.ref(`key${at}`)}`);
  const aggregates = metrics.map(
    (metric, at) => sql`${sql.raw(metric.aggregation)}(runs.${sql.ref(`metric${at}`)}) as ${sql.ref(`result${at}`)}`,
  );
  const groups = await sql<GroupRow>`
    select ${sql.join([...keys, ...aggregates, sql`count(distinct runs.run_id) as run_count`])}
    from (${runs}) as runs ${joinTags(groupings)} ${groupBy(groupings)} order by ${orderBy(groupings)}
    limit ${max_groups + 1}`.execute(connection);
  const kept = groups.rows.slice(0, max_groups);
  return {
    groups: (timeIndex(groupings) < 0 ? kept : kept.reverse()).map((row) => toGroup(row, groupings, metrics)),
    truncated: groups.rows.length > max_groups,
  };
}

/** `key0`, `key1`, … by grouping and `result0`, `result1`, … by metric. */
type GroupRow = { run_count: number } & Record<string, unknown>;

function checkStatisticsRequest(groupings: readonly Grouping[], metrics: readonly Metric[]): void {
  const repeats = (named: readonly { name: string }[]) => new Set(named.map(({ name }) => name)).size < named.length;
  if (repeats(groupings)) throw invalidBody('Duplicate grouping names are not allowed.');
  if (repeats(metrics)) throw invalidBody('Duplicate metric names are not allowed.');
  if (groupings.filter((grouping) => grouping.type === 'time').length > 1) {
    throw invalidBody('At most one time grouping is allowed.');
  }
}

function valuesOfRun(groupings: readonly Grouping[], metrics: readonly Metric[]): Operand[] {
  return [
    ...groupings.map((grouping, at) => sql`${groupValue(grouping)} as ${sql.ref(`group${at}`)}`),
    ...metrics.map((metric, at) => sql`${metricValue(metric)} as ${sql.ref(`metric${at}`)}`),
  ];
}

const GROUP_COLUMNS = {
  status: sql`pipeline_run.status`,
  pipeline: sql`pipeline_run.pipeline_id`,
  snapshot: sql`pipeline_run.snapshot_id`,
  user: sql`pipeline_run.user_id`,
  source_snapshot: sql`snapshot.source_snapshot_id`,
  stack: sql`snapshot.stack_id`,
  trigger: sql`(select trigger_id from trigger_execution where pipeline_run_id = pipeline_run.id limit 1)`,
  /** Joined later, because a run with several tags counts in each one's group. */
  tag: sql`null`,
};

/** Labels that sort by time; a week bears the date of its Monday. */
const BUCKETS = {
  hour: sql`date_format(pipeline_run.start_time, '%Y-%m-%d %H:00:00')`,
  day: sql`date_format(pipeline_run.start_time, '%Y-%m-%d')`,
  week: sql`date_format(subdate(pipeline_run.start_time, weekday(pipeline_run.start_time)), '%Y-%m-%d')`,
  month: sql`date_format(pipeline_run.start_time, '%Y-%m-01')`,
};

function groupValue(grouping: Grouping): Operand {
  if (grouping.type === 'time') return BUCKETS[grouping.granularity];
  if (grouping.type === 'metadata') return latestMetadata(grouping.metadata_key, sql`entry.value`);
  return GROUP_COLUMNS[grouping.type];
}

const METRICS = {
  duration: sql`timestampdiff(second, pipeline_run.start_time, pipeline_run.end_time)`,
  step_count: sql`(select count(distinct name) from step_run where pipeline_run_id = pipeline_run.id)`,
  cached_step_count: sql`(select count(distinct name) from step_run
    where pipeline_run_id = pipeline_run.id and status = 'cached')`,
  output_artifact_count: sql`(select count(distinct output.artifact_id) from step_run
    join step_run_output_artifact as output on output.step_id = step_run.id
    where step_run.pipeline_run_id = pipeline_run.id)`,
};

function metricValue(metric: Metric): Operand {
  if (metric.source !== 'metadata') return METRICS[metric.source];
  // The reference casts to DECIMAL without a scale, and so rounds to whole numbers.
  const number = sql`case when entry.type in ('int', 'float') then cast(entry.value as decimal) end`;
  return latestMetadata(metric.metadata_key, number);
}

function latestMetadata(key: string, expression: Operand): Operand {
  return sql`(select ${expression} from run_metadata_resource as link
    join run_metadata as entry on entry.id = link.run_metadata_id
    where link.resource_id = pipeline_run.id and link.resource_type = 'pipeline_run' and entry.key = ${key}
    order by entry.created desc limit 1)`;
}

function keyOf(grouping: Grouping, at: number): Operand {
  return grouping.type === 'tag' ? sql`tag.name` : sql`runs.${sql.ref(`group${at}`)}`;
}

function joinTags(groupings: readonly Grouping[]): Operand {
  if (!groupings.some((grouping) => grouping.type === 'tag')) return sql``;
  return sql`left join (tag_resource join tag on tag.id = tag_resource.tag_id)
    on tag_resource.resource_id = runs.run_id and tag_resource.resource_type = 'pipeline_run'`;
}

function groupBy(groupings: readonly Grouping[]): Operand {
  return groupings.length === 0 ? sql`` : sql`group by ${sql.join(groupings.map(keyOf))}`;
}

/** The latest times first, so that a limit keeps them, or else the largest groups. */
function orderBy(groupings: readonly Grouping[]): Operand {
  const time = timeIndex(groupings);
  const keys = groupings.map((_grouping, at) => sql.ref(`key${at}`));
  if (time < 0) return sql.join([sql`run_count desc`, ...keys.map((key) => sql`${key} asc`)]);
  const others = keys.filter((_key, at) => at !== time);
  return sql.join([sql.ref(`key${time}`), ...others].map((key) => sql`${key} desc`));
}

function timeIndex(groupings: readonly Grouping[]): number {
  return groupings.findIndex((grouping) => grouping.type === 'time');
}

function toGroup(
  row: GroupRow,
  groupings: readonly Grouping[],
  metrics: readonly Metric[],
): Model<'RunStatisticsGroup'> {
  return {
    group_keys: Object.fromEntries(
      groupings.map((grouping, at) => [grouping.name, toGroupKey(grouping, row[`key${at}`])]),
    ),
    metrics: Object.fromEntries(metrics.map(({ name }, at) => [name, toMetric(row[`result${at}`])])),
    run_count: Number(row.run_count),
  };
}

/** Metrics are floats, also where they count. */
function toMetric(value: unknown): number | null {
  return value === null ? null : asContractNumber(asFloat(Number(value)));
}

type GroupKey = string | number | boolean | null;

const IDS: readonly Grouping['type'][] = ['pipeline', 'snapshot', 'source_snapshot', 'stack', 'trigger', 'user'];

function toGroupKey({ type }: Grouping, value: unknown): GroupKey {
  if (typeof value !== 'string') return null;
  if (IDS.includes(type)) return fromDatabaseId(value);
  return type === 'metadata' ? toScalar(value) : value;
}

function toScalar(json: string): GroupKey {
  try {
    const value = parseExactly(json);
    if (isExactNumber(value)) return asContractNumber(value);
    return typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean' ? value : null;
  } catch {
    // What is no JSON belongs to the group of runs without a value, as in the reference.
    return null;
  }
}
