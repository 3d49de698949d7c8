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
      alert('ZenmlServerDown', `absent(${isUp})`, '2m', 'critical', 'Prometheus reaches no replica of the server.'),
      alert('ZenmlServerErrors', `${errorShare} > 0.01`, '5m', 'critical', 'More than 1% of the requests fail.'),
      alert('ZenmlServerSlow', `${latency} > 2.5`, '10m', 'warning', 'The slowest 1% of the requests take over 2.5 s.'),
      alert(
        'ZenmlServerDatabasePoolExhausted',
        `${waiting} > 0`,
        '5m',
        'warning',
        'Requests wait for a connection to the database.',
      ),
    ];
    new ApiObject(this, 'object', {
      apiVersion: 'monitoring.coreos.com/v1',
      kind: 'PrometheusRule',
      metadata: { name: SERVER, namespace, labels: { ...LABELS, ...monitoring.labels } },
      spec: { groups: [{ name: SERVER, rules }] },
    });
  }
}

function alert(name: string, expr: string, duration: string, severity: string, summary: string) {
  const annotations = { summary, description: `What to do is in docs/operations.md, under ${name}.` };
  return { alert: name, expr, for: duration, labels: { severity }, annotations };
}
