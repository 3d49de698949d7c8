import { existsSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parse } from 'yaml';
import type { z } from 'zod';
import { type AwsConfig, awsConfigSchema } from './aws-config.ts';
import { type GoogleConfig, googleConfigSchema } from './google-config.ts';

/** What is wrong with a configuration: a line for each fault, with its path and what mends it. */
export class ConfigError extends Error {}

export type Config = AwsConfig | GoogleConfig;

const OWN_FILE = 'infra.yaml';
const DEFAULT_FILE = fileURLToPath(new URL('../../default.yaml', import.meta.url));

/** The file of the configuration: the one that `ZENML_INFRA_CONFIG` names, or `infra.yaml` in a directory, or the default. */
export function findConfig(directory: string): string {
  const given = process.env['ZENML_INFRA_CONFIG'];
  if (given !== undefined) return resolve(directory, given);
  const own = join(directory, OWN_FILE);
  return existsSync(own) ? own : DEFAULT_FILE;
}

const schemas = { aws: awsConfigSchema, google: googleConfigSchema };

/** Reads a YAML or JSON file. @throws ConfigError */
export function readConfig(path: string): Config {
  const reasonOf = (error: unknown) => (error instanceof Error ? error.message : error);
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    throw new ConfigError(`${path}: cannot be read (${reasonOf(error)}); ZENML_INFRA_CONFIG names the file`);
  }
  try {
    return toConfig(parse(text));
  } catch (error) {
    if (error instanceof ConfigError) throw error;
    throw new ConfigError(`${path}: is no YAML: ${reasonOf(error)}`);
  }
}

/** Checks a configuration and completes it with its defaults. @throws ConfigError */
export function toConfig(document: unknown): Config {
  if (typeof document !== 'object' || document === null || Array.isArray(document)) {
    throw new ConfigError('the file: must hold a mapping; begin with "cloud: aws" or "cloud: google"');
  }
  const cloud = 'cloud' in document ? document.cloud : undefined;
  if (cloud !== 'aws' && cloud !== 'google')
    throw new ConfigError('cloud: is missing or unknown; set it to aws or google');
  const parsed = schemas[cloud].safeParse(document);
  if (parsed.success) return parsed.data;
  throw new ConfigError(parsed.error.issues.map(describe).join('\n'));
}

function describe(issue: z.core.$ZodIssue): string {
  const path = issue.path.join('.') || 'the file';
  if (issue.code === 'unrecognized_keys') {
    return issue.keys
      .map((key) => `${[...issue.path, key].join('.')}: is not known; remove it or mend its name (docs/infra.md)`)
      .join('\n');
  }
  if (issue.code === 'invalid_type') {
    const missing = issue.input === undefined && issue.message.includes('undefined');
    return missing
      ? `${path}: is missing; set a ${issue.expected}`
      : `${path}: ${issue.message}; write a ${issue.expected}`;
  }
  if (issue.code === 'invalid_union' && issue.discriminator !== undefined) {
    return `${path}: is missing or unknown; set it to local, s3 or gcs`;
  }
  return `${path}: ${issue.message}`;
}
