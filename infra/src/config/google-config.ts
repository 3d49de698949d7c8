import { z } from 'zod';
import { cidrOf, overlap } from './cidr.ts';
import { commonShape, existingDatabase } from './common-config.ts';

const label = z.string().regex(/^[a-z0-9_-]{0,63}$/, 'use at most 63 lower-case letters, digits, _ and -');
const region = z.string().regex(/^[a-z]+-[a-z]+\d+$/, 'write a region such as europe-west3');
const tier = z.string().regex(/^db-[a-z0-9-]+$/, 'write a tier such as db-custom-2-8192');
const encryptionKey = z
  .string()
  .regex(
    /^projects\/[^/]+\/locations\/[^/]+\/keyRings\/[^/]+\/cryptoKeys\/[^/]+$/,
    'write projects/PROJECT/locations/REGION/keyRings/RING/cryptoKeys/KEY',
  );

/** Addresses of the nodes of a new network. */
export const NEW_NETWORK = '10.40.0.0/20';
/** Ranges of a network that must not overlap. */
const PAIRS = [
  ['podCidr', 'cidr'],
  ['serviceCidr', 'cidr'],
  ['serviceCidr', 'podCidr'],
] as const;

const nodeServiceAccount = z
  .string()
  .regex(/^[^@\s:]+@[^@\s:]+\.gserviceaccount\.com$/, 'write an address such as NAME@PROJECT.iam.gserviceaccount.com');

const network = z
  .strictObject({
    cidr: cidrOf(8, 29).optional(),
    podCidr: cidrOf(8, 28).default('10.44.0.0/14'),
    serviceCidr: cidrOf(8, 28).default('10.48.0.0/20'),
    id: z
      .string()
      .regex(/^projects\/[^/]+\/global\/networks\/[^/]+$/, 'write projects/PROJECT/global/networks/NAME')
      .optional(),
    privateServiceAccess: z.boolean().default(true),
  })
  .superRefine((value, context) => {
    const refuse = (key: string, message: string) => context.addIssue({ code: 'custom', path: [key], message });
    if (value.id !== undefined && value.cidr !== undefined) refuse('cidr', 'belongs to a new network; remove it or id');
    const ranges = { cidr: value.cidr ?? NEW_NETWORK, podCidr: value.podCidr, serviceCidr: value.serviceCidr };
    for (const [key, other] of PAIRS) {
      if (overlap(ranges[key], ranges[other]))
        refuse(key, `overlaps ${other} (${ranges[other]}); name other addresses`);
    }
    if (value.id === undefined && !value.privateServiceAccess) {
      refuse('privateServiceAccess', 'a new network has none yet, and the database needs it; set it to true');
    }
  });

const database = z
  .strictObject({
    existing: existingDatabase.optional(),
    version: z.enum(['8.0', '8.4']).default('8.4'),
    tier: tier.default('db-custom-2-8192'),
    storageGib: z.int().min(10).max(65536).default(50),
    maxStorageGib: z.int().min(10).max(65536).default(500),
    highAvailability: z.boolean().default(true),
    backupsToKeep: z.int().min(1).max(365).default(14),
    binaryLogDays: z.int().min(1).max(7).default(7),
    replicas: z
      .array(
        z.strictObject({
          region: region.optional(),
          tier: tier.optional(),
          encryptionKey: encryptionKey.optional(),
        }),
      )
      .max(10)
      .default([]),
  })
  .superRefine((value, context) => {
    if (value.maxStorageGib <= value.storageGib) {
      const message = `must be above storageGib (${value.storageGib}); raise it`;
      context.addIssue({ code: 'custom', path: ['maxStorageGib'], message });
    }
    if (value.existing !== undefined && value.replicas.length > 0) {
      const message = 'are made of a database of this stack; remove them or existing';
      context.addIssue({ code: 'custom', path: ['replicas'], message });
    }
  });

/** Where a key of Cloud KMS lies. */
const locationOf = (key: string) => key.split('/')[3];

/** A stack on Google Cloud. */
export const googleConfigSchema = z
  .strictObject({
    cloud: z.literal('google'),
    ...commonShape,
    project: z.string().regex(/^[a-z][a-z0-9-]{4,28}[a-z0-9]$/, 'write the id of a project'),
    region: region.default('europe-west3'),
    labels: z.record(label.min(1), label).default({}),
    encryptionKey: encryptionKey.optional(),
    network: network.prefault({}),
    cluster: z.strictObject({ nodeServiceAccount }).optional(),
    database: database.prefault({}),
    registry: z.strictObject({ imagesToKeep: z.int().min(1).max(1000).default(100) }).prefault({}),
  })
  // Keys do not reach over to other regions.
  .superRefine(({ region, encryptionKey, database: { replicas } }, context) => {
    const check = (path: (string | number)[], key: string, place: string) => {
      const message = `lies in ${locationOf(key)}; name a key in ${place}`;
      if (locationOf(key) !== place) context.addIssue({ code: 'custom', path, message });
    };
    if (encryptionKey !== undefined) check(['encryptionKey'], encryptionKey, region);
    for (const [index, { region: place = region, encryptionKey: own }] of replicas.entries()) {
      const path = ['database', 'replicas', index, 'encryptionKey'];
      const needsOwn = encryptionKey !== undefined && place !== region;
      if (needsOwn && own !== undefined) check(path, own, place);
      if (needsOwn === (own !== undefined)) continue;
      const message = needsOwn
        ? `is missing; name a key in ${place}`
        : 'belongs to a replica in another region, of a database with encryptionKey; remove it';
      context.addIssue({ code: 'custom', path, message });
    }
  });

export type GoogleConfig = z.infer<typeof googleConfigSchema>;
