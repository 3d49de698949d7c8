import { z } from 'zod';
import { containerResources } from './container-resources.ts';
import { labelKey, labelValue } from './labels.ts';

/*
 * JSON values of Kubernetes' API, as far as variables take them, checked as the API server would: a mistake shows at the
 * start and with its place, and not at the first run.
 */

/** The only container of a runner's pod, and that of a builder's. */
export const JOB_CONTAINERS = ['runner', 'builder'] as const;

/** A taint that a pod puts up with. */
export const tolerationSchema = z
  .strictObject({
    key: labelKey.optional(),
    operator: z.enum(['Equal', 'Exists']).optional(),
    value: labelValue.optional(),
    effect: z.enum(['NoSchedule', 'PreferNoSchedule', 'NoExecute']).optional(),
    tolerationSeconds: z.int().optional(),
  })
  .refine(({ operator, value }) => operator !== 'Exists' || !value, 'must have no value with operator "Exists"')
  .refine(
    ({ key, operator }) => key !== undefined || operator === 'Exists',
    'must have operator "Exists" without a key',
  )
  .refine(
    ({ tolerationSeconds, effect }) => tolerationSeconds === undefined || effect === 'NoExecute',
    'must have effect "NoExecute" with tolerationSeconds',
  );

const failureRuleSchema = z
  .strictObject({
    // `FailIndex` is for Jobs with several indexes.
    action: z.enum(['FailJob', 'Ignore', 'Count']),
    onExitCodes: z
      .strictObject({
        containerName: z.enum(JOB_CONTAINERS).optional(),
        operator: z.enum(['In', 'NotIn']),
        // The API server wants them in order.
        values: z
          .array(z.int().min(0).max(255))
          .min(1)
          .max(255)
          .transform((values) => [...new Set(values)].sort((one, other) => one - other)),
      })
      .refine(({ operator, values }) => operator !== 'In' || !values.includes(0), 'must not have 0 with operator "In"')
      .optional(),
    onPodConditions: z
      .array(z.strictObject({ type: z.string(), status: z.enum(['True', 'False', 'Unknown']).default('True') }))
      .min(1)
      .max(20)
      .optional(),
  })
  .refine(
    ({ onExitCodes, onPodConditions }) => (onExitCodes === undefined) !== (onPodConditions === undefined),
    'must have either onExitCodes or onPodConditions',
  );

const failurePolicySchema = z.strictObject({ rules: z.array(failureRuleSchema).min(1).max(20) });

export type PodResources = z.infer<typeof containerResources>;
export type Toleration = z.infer<typeof tolerationSchema>;
export type PodFailurePolicy = z.infer<typeof failurePolicySchema>;

/** Labels that a node must have. */
export const nodeSelectorSchema = z.record(labelKey, labelValue);

/** JSON: `requests` and `limits` of a container. */
export const podResources = jsonOf(
  containerResources,
  'JSON such as `{"requests": {"cpu": "100m"}, "limits": {"memory": "1Gi"}}`',
);

/** JSON: labels that a node must have. */
export const nodeSelector = jsonOf(nodeSelectorSchema, 'JSON such as `{"node-pool": "zenml"}`');

/** JSON: taints that a pod puts up with. */
export const tolerations = jsonOf(
  z.array(tolerationSchema),
  'JSON such as `[{"key": "node-pool", "operator": "Equal", "value": "zenml", "effect": "NoSchedule"}]`',
);

/** JSON: which failures of a pod count. */
export const podFailurePolicy = jsonOf(
  failurePolicySchema,
  'JSON such as `{"rules": [{"action": "Ignore", "onPodConditions": [{"type": "DisruptionTarget"}]}]}`',
);

/** The name of a namespace or a service account. */
export const kubernetesName = z
  .string()
  .trim()
  .regex(/^[a-z0-9](?:[-a-z0-9]{0,61}[a-z0-9])?$/)
  .describe('a name of at most 63 lower-case letters, digits and hyphens');

function jsonOf<Schema extends z.ZodType>(schema: Schema, description: string): z.ZodType<z.output<Schema>, string> {
  return z
    .string()
    .transform((text, context): z.output<Schema> => {
      const json = parse(text);
      if (json === undefined) {
        context.addIssue({ code: 'custom', message: `must be ${description.replaceAll('`', '')}; no JSON` });
        return z.NEVER;
      }
      const result = schema.safeParse(json);
      if (result.success) return result.data;
      const message = result.error.issues.map(describe).join('; ');
      context.addIssue({ code: 'custom', message: `must be ${description.replaceAll('`', '')}: ${message}` });
      return z.NEVER;
    })
    .describe(description) as z.ZodType<z.output<Schema>, string>;
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** @returns the mistake after its place, e.g. `[0].operator: Invalid option: expected one of "Equal"|"Exists"` */
function describe(issue: z.core.$ZodIssue): string {
  const { path } = issue;
  const message = issue.code === 'invalid_key' ? (issue.issues[0]?.message ?? issue.message) : issue.message;
  const place = path.map((part) => (typeof part === 'number' ? `[${part}]` : `.${String(part)}`)).join('');
  return `${place.replace(/^\./, '') || 'the value'}: ${message}`;
}
