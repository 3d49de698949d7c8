import { Chart } from 'cdk8s';
import type { Construct } from 'constructs';
import { Alerts } from './constructs/alerts.ts';
import { Autoscaler } from './constructs/autoscaler.ts';
import { BuilderNetworkPolicy } from './constructs/builder-network-policy.ts';
import { Dashboard } from './constructs/dashboard.ts';
import { Deployment } from './constructs/deployment.ts';
import { DisruptionBudget } from './constructs/disruption-budget.ts';
import { Environment } from './constructs/environment.ts';
import { ExternalSecret } from './constructs/external-secret.ts';
import { GatewayRoute } from './constructs/gateway-route.ts';
import { Ingress } from './constructs/ingress.ts';
import { MigrationJob } from './constructs/migration-job.ts';
import { MigrationNetworkPolicy } from './constructs/migration-network-policy.ts';
import { Namespace } from './constructs/namespace.ts';
import { PriorityClass } from './constructs/priority-class.ts';
import { RunnerLimitRange } from './constructs/runner-limit-range.ts';
import { RunnerNetworkPolicy } from './constructs/runner-network-policy.ts';
import { RunnerQuota } from './constructs/runner-quota.ts';
import { ServerNetworkPolicy } from './constructs/server-network-policy.ts';
import { ServerRole } from './constructs/server-role.ts';
import { Service } from './constructs/service.ts';
import { ServiceAccount } from './constructs/service-account.ts';
import { ServiceMonitor } from './constructs/service-monitor.ts';
import { SERVER } from './names.ts';
import type { Settings } from './settings.ts';

/** Everything of a workspace server in a cluster. Manifests are applied in their order: what others need comes first. */
export class ServerChart extends Chart {
  constructor(scope: Construct, settings: Settings) {
    super(scope, SERVER, { disableResourceNameHashes: true });
    const namespaces = this.#addNamespaces(settings);
    const parts = [
      ...this.#addAccess(settings),
      ...this.#addConfiguration(settings),
      ...this.#addAvailability(settings),
      ...this.#addExposure(settings),
      new RunnerQuota(this, settings),
      new RunnerLimitRange(this, settings),
      ...this.#addPods(settings),
      ...this.#addNetworkPolicies(settings),
      ...this.#addMonitoring(settings),
    ];
    for (const part of parts) part.node.addDependency(...namespaces);
  }

  #addNamespaces({ namespace, runners, makes }: Settings): Construct[] {
    const { podSecurity } = runners;
    return [
      ...(makes.serverNamespace
        ? [new Namespace(this, 'server-namespace', { name: namespace, podSecurity: 'restricted' })]
        : []),
      ...(makes.runnersNamespace
        ? [new Namespace(this, 'runner-namespace', { name: runners.namespace, podSecurity })]
        : []),
    ];
  }

  #addAccess(settings: Settings): Construct[] {
    const { namespace, server, runners } = settings;
    const { serviceAccount: name, serviceAccountAnnotations: annotations, imagePullSecrets } = runners;
    return [
      new ServiceAccount(this, 'server-account', { ...server.serviceAccount, namespace }),
      new ServiceAccount(this, 'runner-account', { name, namespace: runners.namespace, annotations, imagePullSecrets }),
      new ServerRole(this, settings),
    ];
  }

  #addConfiguration(settings: Settings): Construct[] {
    const { externalSecret } = settings.secret;
    return [
      new Environment(this, settings),
      ...(externalSecret ? [new ExternalSecret(this, settings, externalSecret)] : []),
    ];
  }

  #addAvailability(settings: Settings): Construct[] {
    return [
      new PriorityClass(this, settings),
      new DisruptionBudget(this, settings),
      ...(settings.autoscaling.enabled ? [new Autoscaler(this, settings)] : []),
    ];
  }

  #addExposure(settings: Settings): Construct[] {
    const { ingress, gateway } = settings;
    return [
      new Service(this, settings),
      ...(ingress ? [new Ingress(this, settings, ingress)] : []),
      ...(gateway ? [new GatewayRoute(this, settings, gateway)] : []),
    ];
  }

  #addPods(settings: Settings): Construct[] {
    const deployment = new Deployment(this, settings);
    if (settings.migration.mode !== 'job') return [deployment];
    const migration = new MigrationJob(this, settings);
    deployment.node.addDependency(migration);
    return [migration, deployment];
  }

  #addNetworkPolicies(settings: Settings): Construct[] {
    if (!settings.networkPolicy.enabled) return [];
    return [
      new ServerNetworkPolicy(this, settings),
      new RunnerNetworkPolicy(this, settings),
      ...(settings.runners.buildsImages ? [new BuilderNetworkPolicy(this, settings)] : []),
      ...(settings.migration.mode === 'job' ? [new MigrationNetworkPolicy(this, settings)] : []),
    ];
  }

  #addMonitoring(settings: Settings): Construct[] {
    if (!settings.monitoring.enabled) return [];
    return [new ServiceMonitor(this, settings), new Alerts(this, settings), new Dashboard(this, settings)];
  }
}
