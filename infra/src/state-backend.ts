import { GcsBackend, LocalBackend, S3Backend, type TerraformStack } from 'cdktf';
import type { State } from './config/common-config.ts';

/** Where the stack's state is kept. State in S3 is encrypted, and locked by a file beside it. */
export function useStateBackend(stack: TerraformStack, name: string, state: State): void {
  if (state.backend === 's3') {
    const { bucket, region, key = `${name}/terraform.tfstate` } = state;
    new S3Backend(stack, { bucket, region, key, encrypt: true });
    stack.addOverride('terraform.backend.s3.use_lockfile', true);
  } else if (state.backend === 'gcs') {
    new GcsBackend(stack, { bucket: state.bucket, prefix: state.prefix ?? name });
  } else if (state.path !== undefined) {
    new LocalBackend(stack, { path: state.path });
  }
}
