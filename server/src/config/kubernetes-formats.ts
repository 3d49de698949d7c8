import { z } from 'zod';

/*
 * JSON values of Kubernetes' API, as far as variables take them, checked as the API server would: a mistake shows at the
 * start and with its place, and not at the first run.
 */

/** The only container of a runner's pod, and that of a builder's. */
export const JOB_CONTAINERS = ['runner', 'builder'] as const;

const QUANTITY = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:[KMGTPE]i|[numkMGTPE]|[eE][+-]?\d+)?$/;
const LABEL_VALUE = /^(?:[A-Za-z0-9](?:[-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?)?$/;
const LABEL_NAME = /^[A-Za-z0-9](?:[-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?$/;
const SUBDOMAIN = /^[a-z0-9](?:[-a-z0-9]*[a-z0-9])?(?:\.[a-z0-9](?:[-a-z0-9]*[a-z0-9])?)*$/;

const quantity = z
  .union([z.string(), z.number()])
  .transform(String)
  .refine((value) => QUANTITY.test(value), 'must be a quantity, such as "500m" or "1Gi"')
  .refine((value) => !value.startsWith('-'), 'must not be negative');

const labelKey = z.string().refine(isLabelKey, 'must be the key of a label, such as "node-pool" or "example.com/pool"');
const labelValue = z
  .string()
  .regex(LABEL_VALUE, 'must be the value of a label: at most 63 letters, digits, "-", "_", "."');

function isLabelKey(key: string): boolean {
  const [name = '', prefix, ...more] = key.split('/').reverse();
  const hasPrefix = prefix === undefined || (prefix.length <= 253 && SUBDOMAIN.test(prefix));
  return more.length === 0 && hasPrefix && LABEL_NAME.test(name);
}

const resourceName = z
  .string()
  .refine(
    (name) => /^(?:cpu|memory|ephemeral-storage|hugepages-.+)$/.test(name) || (name.includes('/') && isLabelKey(name)),
    'must be a resource of containers: cpu, memory, ephemeral-storage, or one with a domain, such as "nvidia.com/gpu"',
  );
const quantities = z.record(resourceName, quantity);

const resourcesSchema = z
  .strictObject({ requests: quantities.optional(), limits: quantities.optional() })
  .superRefine(({ requests = {}, limits = {} }, context) => {
    for (const [name, requested] of Object.entries(requests)) {
      const limit = limits[name];
      if (limit === undefined || amountOf(requested) <= amountOf(limit)) continue;
      context.addIssue({
        code: 'custom',
        path: ['requests', name],
        message: `must not be more than its limit, ${limit}`,
      });
    }
  });

const FACTORS: Readonly<Record<string, number>> = {
  ...{ n: 1e-9, u: 1e-6, m: 1e-3, k: 1e3, M: 1e6, G: 1e9, T: 1e12, P: 1e15, E: 1e18 },
  ...{ Ki: 2 ** 10, Mi: 2 ** 20, Gi: 2 ** 30, Ti: 2 ** 40, Pi: 2 ** 50, Ei: 2 ** 60 },
};

/** Of a quantity, e.g. 0.5 of `500m`. */
export function amountOf(text: string): number {
  const [, number = '', unit] = /^(.*?)([KMGTPE]i|[numkMGTPE])?$/.exec(text) ?? [];
  return Number(number) * (unit === undefined ? 1 : (FACTORS[unit] ?? Number.NaN));
}

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

export type PodResources = z.infer<typeof resourcesSchema>;
export type Toleration = z.infer<typeof tolerationSchema>;
export type PodFailurePolicy = z.infer<typeof failurePolicySchema>;

/** Labels that a node must have. */
export const nodeSelectorSchema = z.record(labelKey, labelValue);

/** JSON: `requests` and `limits` of a container. */
export const podResources = jsonOf(
  resourcesSchema,
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
