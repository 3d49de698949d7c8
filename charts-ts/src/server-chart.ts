import { Chart } from 'cdk8s';
import type { Construct } from 'constructs';
import { Access } from './access.ts';
import { Availability } from './availability.ts';
import { Configuration } from './configuration.ts';
import { Deployment } from './deployment.ts';
import { Exposure } from './exposure.ts';
import { MigrationJob } from './migration-job.ts';
import { Monitoring } from './monitoring.ts';
import { SERVER } from './names.ts';
import { Namespaces } from './namespaces.ts';
import { NetworkPolicies } from './network-policies.ts';
import { RunnerLimits } from './runner-limits.ts';
import type { Settings } from './settings.ts';

/** Everything of a workspace server in a cluster. */
export class ServerChart extends Chart {
  constructor(scope: Construct, settings: Settings) {
    super(scope, SERVER, { disableResourceNameHashes: true });
    const parts = [
      new Access(this, settings),
      new Configuration(this, settings),
      new Availability(this, settings),
      new Exposure(this, settings),
      new RunnerLimits(this, settings),
    ];
    const deployment = new Deployment(this, settings);
    parts.push(deployment);
    if (settings.migration.mode === 'job') {
      const migration = new MigrationJob(this, settings);
      deployment.node.addDependency(migration);
      parts.push(migration);
    }
    if (settings.networkPolicy.enabled) parts.push(new NetworkPolicies(this, settings));
    if (settings.monitoring.enabled) parts.push(new Monitoring(this, settings));
    const namespaces = new Namespaces(this, settings);
    // Manifests are applied in their order: namespaces come first.
    for (const part of parts) part.node.addDependency(namespaces);
  }
}
