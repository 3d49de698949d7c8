import { k8s } from 'cdk8s-plus-27';
import { Construct } from 'constructs';
import { LABELS } from '../names.ts';

/** What a service account is made with. */
export interface ServiceAccountProps {
  readonly name: string;
  readonly namespace: string;
  /** Which bind it to an identity of a cloud. */
  readonly annotations: Readonly<Record<string, string>>;
  /** Secrets with credentials of registries, for all of its pods. None by default. */
  readonly imagePullSecrets?: readonly string[];
}

/** A service account. Pods get its token only where they ask for it. */
export class ServiceAccount extends Construct {
  constructor(scope: Construct, id: string, props: ServiceAccountProps) {
    super(scope, id);
    const { name, namespace, annotations, imagePullSecrets } = props;
    new k8s.KubeServiceAccount(this, 'object', {
      metadata: { name, namespace, labels: LABELS, annotations },
      automountServiceAccountToken: false,
      imagePullSecrets: imagePullSecrets?.map((secret) => ({ name: secret })),
    });
  }
}
