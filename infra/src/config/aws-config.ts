import { z } from 'zod';
import { cidrOf, clients } from './cidr.ts';
import { commonShape, existingDatabase } from './common-config.ts';

const id = (prefix: string) =>
  z.string().regex(new RegExp(`^${prefix}-[0-9a-f]+$`), `write an id such as ${prefix}-0a1b2c3d`);
const region = z.string().regex(/^[a-z]{2}(-[a-z]+)+-\d$/, 'write a region such as eu-central-1');
const instanceClass = z.string().regex(/^db\.[a-z0-9]+\.[a-z0-9]+$/, 'write a class such as db.m7g.large');
const subnetIds = z.array(id('subnet')).min(2, 'name private subnets of at least 2 zones');

const network = z
  .strictObject({
    // AWS takes networks and subnets from /16 to /28, and a subnet is a sixteenth.
    cidr: cidrOf(16, 24).optional(),
    zones: z
      .array(z.string().regex(/^[a-z]$/, 'write the letter of a zone, as a of eu-central-1a'))
      .min(2, 'a database over several zones needs 2 or more')
      .max(3)
      .refine((letters) => new Set(letters).size === letters.length, 'name each zone once')
      .default(['a', 'b']),
    natPerZone: z.boolean().default(true),
    vpcId: id('vpc').optional(),
    subnetIds: subnetIds.optional(),
    databaseClients: clients,
  })
  .superRefine((value, context) => {
    const refuse = (key: string, message: string) => context.addIssue({ code: 'custom', path: [key], message });
    if (value.vpcId !== undefined && value.cidr !== undefined)
      refuse('cidr', 'belongs to a new network; remove it or vpcId');
    if (value.vpcId !== undefined && value.subnetIds === undefined) {
      refuse('subnetIds', 'is missing; name private subnets of the VPC in at least 2 zones');
    }
    if (value.vpcId === undefined && value.subnetIds !== undefined)
      refuse('vpcId', 'is missing; name the VPC of subnetIds');
  });

const replica = z
  .strictObject({
    region: region.optional(),
    instanceClass: instanceClass.optional(),
    vpcId: id('vpc').optional(),
    subnetIds: subnetIds.optional(),
    databaseClients: clients,
  })
  .superRefine((value, context) => {
    const refuse = (key: string, message: string) => context.addIssue({ code: 'custom', path: [key], message });
    for (const key of ['vpcId', 'subnetIds'] as const) {
      if (value.region !== undefined && value[key] === undefined)
        refuse(key, `is missing; name it, in ${value.region}`);
      if (value.region === undefined && value[key] !== undefined)
        refuse('region', `is missing; name the region of ${key}`);
    }
    if (value.region !== undefined && value.databaseClients.length === 0) {
      refuse('databaseClients', 'is empty, so nobody would reach the replica; name address ranges');
    }
    if (value.region === undefined && value.databaseClients.length > 0) {
      refuse(
        'databaseClients',
        'a replica in the same region has the clients of network.databaseClients; move them there',
      );
    }
  });

const database = z
  .strictObject({
    existing: existingDatabase.optional(),
    version: z.enum(['8.0', '8.4']).default('8.4'),
    instanceClass: instanceClass.default('db.m7g.large'),
    storageGib: z.int().min(20).max(65536).default(50),
    maxStorageGib: z.int().min(20).max(65536).default(500),
    multiAz: z.boolean().default(true),
    backupDays: z.int().min(1, 'backups are needed, for replicas too').max(35).default(14),
    replicas: z.array(replica).max(5).default([]),
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

/** A stack on AWS. */
export const awsConfigSchema = z
  .strictObject({
    cloud: z.literal('aws'),
    ...commonShape,
    region: region.default('eu-central-1'),
    tags: z.record(z.string().min(1).max(128), z.string().max(256)).default({}),
    network: network.prefault({}),
    cluster: z
      .strictObject({
        name: z.string().min(1).max(100),
        oidcProviderArn: z
          .string()
          .regex(/^arn:aws[a-z-]*:iam::\d{12}:oidc-provider\/.+$/, 'write the ARN of an IAM OIDC provider')
          .optional(),
      })
      .optional(),
    database: database.prefault({}),
    registry: z
      .strictObject({
        imagesToKeep: z.int().min(1).max(1000).default(100),
        readRepositories: z
          .array(z.string().regex(/^[a-z0-9]+([._/-]+[a-z0-9]+)*$/, 'write the name of a repository, as team/train'))
          .default([]),
      })
      .prefault({}),
  })
  .superRefine(({ region, database: { replicas } }, context) => {
    for (const [index, replica] of replicas.entries()) {
      if (replica.region !== region) continue;
      const message = `is the region of the stack; remove it, with vpcId and subnetIds`;
      context.addIssue({ code: 'custom', path: ['database', 'replicas', index, 'region'], message });
    }
  })
  .superRefine(({ network: { vpcId, databaseClients }, cluster, database: { existing } }, context) => {
    if (vpcId !== undefined && !cluster && !existing && databaseClients.length === 0) {
      const message = 'is empty, so nobody would reach the database; name address ranges, or cluster.name';
      context.addIssue({ code: 'custom', path: ['network', 'databaseClients'], message });
    }
  });

export type AwsConfig = z.infer<typeof awsConfigSchema>;
