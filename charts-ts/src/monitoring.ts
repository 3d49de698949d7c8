import { ApiObject } from 'cdk8s';
import { k8s } from 'cdk8s-plus-27';
import { Construct } from 'constructs';
import { LABELS, SELECTOR, SERVER } from './names.ts';
import type { Settings } from './settings.ts';

/** What is asked of Prometheus, of the installation in a namespace: others may have the same metrics. */
function queriesOf(namespace: string) {
  const metric = (name: string, labels = '') => `${name}{namespace="${namespace}"${labels}}`;
  const rate = (text: string) => `rate(${text}[5m])`;
  const requests = rate(metric('zenml_http_requests_total'));
  const failed = rate(metric('zenml_http_requests_total', ',status=~"5.."'));
  const buckets = rate(metric('zenml_http_request_duration_seconds_bucket'));
  return {
    requests: `sum by (operation) (${requests})`,
    errors: `sum(${failed})`,
    errorShare: `sum(${failed}) / sum(${requests})`,
    latency: `histogram_quantile(0.99, sum by (le) (${buckets}))`,
    connections: `sum by (state) (${metric('zenml_database_connections')})`,
    waiting: `sum(${metric('zenml_database_connections', ',state="waiting"')})`,
  };
}

type Queries = ReturnType<typeof queriesOf>;

/** Prometheus reads the metrics and warns; Grafana shows them. */
export class Monitoring extends Construct {
  constructor(scope: Construct, { namespace, monitoring }: Settings) {
    super(scope, 'monitoring');
    const metadata = { name: SERVER, namespace, labels: { ...LABELS, ...monitoring.labels } };
    const queries = queriesOf(namespace);
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
              alert('ZenmlServerErrors', `${queries.errorShare} > 0.01`, '5m', 'critical'),
              alert('ZenmlServerSlow', `${queries.latency} > 2.5`, '10m', 'warning'),
              alert('ZenmlServerDatabasePoolExhausted', `${queries.waiting} > 0`, '5m', 'warning'),
            ],
          },
        ],
      },
    });
    new k8s.KubeConfigMap(this, 'dashboard', {
      metadata: { name: `${SERVER}-dashboard`, namespace, labels: { ...LABELS, grafana_dashboard: '1' } },
      data: { [`${SERVER}.json`]: JSON.stringify(dashboard(queries)) },
    });
  }
}

function alert(name: string, expr: string, duration: string, severity: string) {
  return { alert: name, expr, for: duration, labels: { severity } };
}

function dashboard({ requests, errors, latency, connections }: Queries) {
  const panels = [
    ['Requests per second', requests],
    ['Errors per second', errors],
    ['Latency, 99th percentile', latency],
    ['Connections of the database', connections],
  ].map(([title, expr], index) => ({
    id: index + 1,
    type: 'timeseries',
    title,
    gridPos: { x: (index % 2) * 12, y: Math.floor(index / 2) * 8, w: 12, h: 8 },
    targets: [{ refId: 'A', expr }],
  }));
  return { uid: SERVER, title: 'ZenML workspace server', schemaVersion: 39, refresh: '30s', panels };
}
