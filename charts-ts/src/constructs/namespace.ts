import { k8s } from 'cdk8s-plus-27';
import { Construct } from 'constructs';

/** What a namespace is made with. */
export interface NamespaceProps {
  readonly name: string;
  /** The Pod Security Standard that its pods must keep: `restricted`, `baseline` or `privileged`. */
  readonly podSecurity: string;
}

/** A namespace under a Pod Security Standard. */
export class Namespace extends Construct {
  constructor(scope: Construct, id: string, { name, podSecurity }: NamespaceProps) {
    super(scope, id);
    const labels = { 'pod-security.kubernetes.io/enforce': podSecurity };
    new k8s.KubeNamespace(this, 'object', { metadata: { name, labels } });
  }
}
