import { k8s } from 'cdk8s-plus-27';
import { Construct } from 'constructs';
import type { Settings } from './load-values.ts';

const LEVEL = 'pod-security.kubernetes.io/enforce';

/** The namespaces of server and runners, under the Pod Security Standards. */
export class Namespaces extends Construct {
  constructor(scope: Construct, { namespace, runners, environment }: Settings) {
    super(scope, 'namespaces');
    new k8s.KubeNamespace(this, 'server', { metadata: { name: namespace, labels: { [LEVEL]: 'restricted' } } });
    new k8s.KubeNamespace(this, 'runners', {
      metadata: { name: runners.namespace, labels: { [LEVEL]: runnerLevel(environment) } },
    });
  }
}

/** Rootless BuildKit cannot run under `restricted`: where images are built, the namespace gets what it needs. */
function runnerLevel(environment: Settings['environment']): string {
  if (environment['ZENML_KUBERNETES_WORKLOAD_MANAGER_BUILD_RUNNER_IMAGE']?.toLowerCase() !== 'true')
    return 'restricted';
  return environment['ZENML_WORKSPACE_BUILDER_UNCONFINED']?.toLowerCase() === 'true' ? 'privileged' : 'baseline';
}
