import { Testing } from 'cdktf';
import { toConfig } from '../../infra/src/config/read-config.ts';
import { makeStack } from '../../infra/src/make-stack.ts';

type Block = Record<string, unknown>;

/** A stack as Terraform reads it. */
export interface Synthesized {
  readonly terraform: {
    required_providers: Record<string, { version: string }>;
    readonly backend?: { readonly s3?: Block };
  };
  readonly provider: Record<string, Block[]>;
  readonly resource: Record<string, Record<string, Block>>;
}

/** The stack that a configuration describes. */
export function synthesize(configuration: unknown): Synthesized {
  const app = Testing.stubVersion(Testing.app());
  return JSON.parse(Testing.synth(makeStack(app, toConfig(configuration))));
}

/**
 * The stack as moto and this version of the provider take it: buckets under paths, not under host names, and without
 * what came with version 6.8 of the provider (tags that stay mutable in a repository of immutable ones).
 */
export function forMoto(stack: Synthesized, version: string): Synthesized {
  for (const provider of stack.provider['aws'] ?? []) provider['s3_use_path_style'] = true;
  const state = stack.terraform.backend?.s3;
  if (state) state['use_path_style'] = true;
  const required = stack.terraform.required_providers['aws'];
  if (required) required.version = version;
  if (Number(version.split('.')[0]) >= 6) return stack;
  for (const repository of Object.values(stack.resource['aws_ecr_repository'] ?? {})) {
    repository['image_tag_mutability'] = 'IMMUTABLE';
    delete repository['image_tag_mutability_exclusion_filter'];
  }
  return stack;
}
