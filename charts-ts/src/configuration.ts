import { ApiObject } from 'cdk8s';
import { k8s } from 'cdk8s-plus-27';
import { Construct } from 'constructs';
import { LABELS, SERVER } from './names.ts';
import type { Settings } from './settings.ts';

/** The server's environment: a ConfigMap, and where a store is named an ExternalSecret. */
export class Configuration extends Construct {
  constructor(scope: Construct, { namespace, secret, variables: data }: Settings) {
    super(scope, 'configuration');
    new k8s.KubeConfigMap(this, 'environment', { metadata: { name: SERVER, namespace, labels: LABELS }, data });
    const external = secret.externalSecret;
    if (external === undefined) return;
    new ApiObject(this, 'secret', {
      apiVersion: 'external-secrets.io/v1',
      kind: 'ExternalSecret',
      metadata: { name: secret.name, namespace, labels: LABELS },
      spec: {
        refreshInterval: external.refreshInterval,
        secretStoreRef: { kind: external.storeKind, name: external.storeName },
        target: { name: secret.name },
        dataFrom: [{ extract: { key: external.key } }],
      },
    });
  }
}
