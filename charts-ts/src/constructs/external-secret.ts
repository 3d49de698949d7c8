import { ApiObject } from 'cdk8s';
import { Construct } from 'constructs';
import { LABELS } from '../names.ts';
import type { Settings } from '../settings.ts';

/** What an ExternalSecret is made with: `secret.externalSecret` of the values. */
export type ExternalSecretProps = NonNullable<Settings['secret']['externalSecret']>;

/** Has the External Secrets Operator make the server's Secret. */
export class ExternalSecret extends Construct {
  constructor(scope: Construct, { namespace, secret: { name } }: Settings, external: ExternalSecretProps) {
    super(scope, 'external-secret');
    new ApiObject(this, 'object', {
      apiVersion: 'external-secrets.io/v1',
      kind: 'ExternalSecret',
      metadata: { name, namespace, labels: LABELS },
      spec: {
        refreshInterval: external.refreshInterval,
        secretStoreRef: { kind: external.storeKind, name: external.storeName },
        target: { name },
        dataFrom: [{ extract: { key: external.key } }],
      },
    });
  }
}
