/** What is asked of Prometheus. */
export interface Queries {
  readonly requests: string;
  readonly errors: string;
  readonly errorShare: string;
  readonly latency: string;
  readonly connections: string;
  readonly waiting: string;
}

/** Of the installation in a namespace: others may have the same metrics. */
export function queriesOf(namespace: string): Queries {
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
