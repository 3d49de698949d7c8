import { createServer, type Server } from 'node:http';
import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';

/** The measurements of the server, in Prometheus' format. */
export interface Metrics {
  /** Counts a finished request. @param seconds left out where its client has decided how long it took */
  observe(operation: string, status: number, seconds?: number): void;
  /** The metrics as text. */
  render(): Promise<string>;
  readonly contentType: string;
}

/** How many connections of the pool are in which state. */
export interface PoolState {
  readonly total: number;
  readonly idle: number;
  readonly waiting: number;
}

/** Upper bounds of the latency histogram, seconds: lists answer in milliseconds, log-ins take tenths of a second. */
const BUCKETS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];

/** Makes the metrics: requests by operation and status, their latency, the pool, and Node's own (event-loop lag, memory). */
export function createMetrics(poolState: () => PoolState): Metrics {
  const registry = new Registry();
  const registers = [registry];
  collectDefaultMetrics({ register: registry });
  const labelNames = ['operation', 'status'] as const;
  const requests = new Counter({
    name: 'zenml_http_requests_total',
    help: 'Requests answered.',
    labelNames,
    registers,
  });
  const latency = new Histogram({
    name: 'zenml_http_request_duration_seconds',
    help: 'Time from the first byte of a request to the last of its answer; not of logs that are followed.',
    labelNames: ['operation'],
    buckets: BUCKETS,
    registers,
  });
  new Gauge({
    name: 'zenml_database_connections',
    help: 'Connections of the database pool by state; waiting counts requests without one.',
    labelNames: ['state'],
    registers,
    collect() {
      for (const [state, count] of Object.entries(poolState())) this.set({ state }, count);
    },
  });
  return {
    contentType: registry.contentType,
    render: () => registry.metrics(),
    observe(operation, status, seconds) {
      requests.inc({ operation, status: String(status) });
      if (seconds !== undefined) latency.observe({ operation }, seconds);
    },
  };
}

/** Serves `/metrics` on a port of its own, so that it is not reachable where the API is. */
export function createMetricsServer(metrics: Metrics): Server {
  return createServer(async (request, response) => {
    if (request.url !== '/metrics') {
      response.writeHead(404).end();
      return;
    }
    try {
      const text = await metrics.render();
      response.writeHead(200, { 'Content-Type': metrics.contentType }).end(text);
    } catch (error) {
      response.writeHead(500).end(error instanceof Error ? error.message : 'The metrics could not be rendered.');
    }
  });
}
