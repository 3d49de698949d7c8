import { ApiObject } from 'cdk8s';
import { k8s } from 'cdk8s-plus-27';
import { Construct } from 'constructs';
import type { Settings } from './load-values.ts';
import { LABELS, SELECTOR, SERVER } from './names.ts';

const REQUESTS = 'zenml_http_requests_total';
const ERRORS = `sum(rate(${REQUESTS}{status=~"5.."}[5m]))`;
const LATENCY = 'histogram_quantile(0.99, sum by (le) (rate(zenml_http_request_duration_seconds_bucket[5m])))';
const WAITING = 'sum(zenml_database_connections{state="waiting"})';

/** Prometheus reads the metrics and warns; Grafana shows them. */
export class Monitoring extends Construct {
  constructor(scope: Construct, { namespace, monitoring }: Settings) {
    super(scope, 'monitoring');
    const metadata = { name: SERVER, namespace, labels: { ...LABELS, ...monitoring.labels } };
    new ApiObject(this, 'monitor', {
      apiVersion: 'monitoring.coreos.com/v1',
      kind: 'ServiceMonitor',
      metadata,
      spec: {
        selector: { matchLabels: SELECTOR },
        endpoints: [{ port: 'metrics', path: '/metrics', interval: '30s' }],
      },
    });
    new ApiObject(this, 'rule', {
      apiVersion: 'monitoring.coreos.com/v1',
      kind: 'PrometheusRule',
      metadata,
      spec: {
        groups: [
          {
            name: SERVER,
            rules: [
              alert(
                'ZenmlServerDown',
                `absent(up{namespace="${namespace}",service="${SERVER}"} == 1)`,
                '2m',
                'critical',
              ),
              alert('ZenmlServerErrors', `${ERRORS} / sum(rate(${REQUESTS}[5m])) > 0.01`, '5m', 'critical'),
              alert('ZenmlServerSlow', `${LATENCY} > 2.5`, '10m', 'warning'),
              alert('ZenmlServerDatabasePoolExhausted', `${WAITING} > 0`, '5m', 'warning'),
            ],
          },
        ],
      },
    });
    new k8s.KubeConfigMap(this, 'dashboard', {
      metadata: { name: `${SERVER}-dashboard`, namespace, labels: { ...LABELS, grafana_dashboard: '1' } },
      data: { [`${SERVER}.json`]: JSON.stringify(dashboard()) },
    });
  }
}

function alert(name: string, expr: string, duration: string, severity: string) {
  return { alert: name, expr, for: duration, labels: { severity } };
}

function dashboard() {
  const panels = [
    ['Requests per second', `sum by (operation) (rate(${REQUESTS}[5m]))`],
    ['Errors per second', ERRORS],
    ['Latency, 99th percentile', LATENCY],
    ['Connections of the database', 'sum by (state) (zenml_database_connections)'],
  ].map(([title, expr], index) => ({
    id: index + 1,
    type: 'timeseries',
    title,
    gridPos: { x: (index % 2) * 12, y: Math.floor(index / 2) * 8, w: 12, h: 8 },
    targets: [{ refId: 'A', expr }],
  }));
  return { uid: SERVER, title: 'ZenML workspace server', schemaVersion: 39, refresh: '30s', panels };
}
