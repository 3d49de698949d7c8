import { ApiObject } from 'cdk8s';
import { Construct } from 'constructs';
import { LABELS, SERVER } from '../names.ts';
import type { Settings } from '../settings.ts';
import { queriesOf } from './queries.ts';

/** Has Prometheus warn. What each alert means is in docs/operations.md. */
export class Alerts extends Construct {
  constructor(scope: Construct, { namespace, monitoring }: Settings) {
    super(scope, 'alerts');
    const { errorShare, latency, waiting } = queriesOf(namespace);
    const isUp = `up{namespace="${namespace}",service="${SERVER}"} == 1`;
    const rules = [
      alert('ZenmlServerDown', `absent(${isUp})`, '2m', 'critical'),
      alert('ZenmlServerErrors', `${errorShare} > 0.01`, '5m', 'critical'),
      alert('ZenmlServerSlow', `${latency} > 2.5`, '10m', 'warning'),
      alert('ZenmlServerDatabasePoolExhausted', `${waiting} > 0`, '5m', 'warning'),
    ];
    new ApiObject(this, 'object', {
      apiVersion: 'monitoring.coreos.com/v1',
      kind: 'PrometheusRule',
      metadata: { name: SERVER, namespace, labels: { ...LABELS, ...monitoring.labels } },
      spec: { groups: [{ name: SERVER, rules }] },
    });
  }
}

function alert(name: string, expr: string, duration: string, severity: string) {
  return { alert: name, expr, for: duration, labels: { severity } };
}
