import { k8s } from 'cdk8s-plus-27';
import { Construct } from 'constructs';
import { LABELS, SERVER } from '../names.ts';
import type { Settings } from '../settings.ts';
import { type Queries, queriesOf } from './queries.ts';

/** A dashboard as Grafana's side car takes it, by its label. */
export class Dashboard extends Construct {
  constructor(scope: Construct, { namespace }: Settings) {
    super(scope, 'dashboard');
    new k8s.KubeConfigMap(this, 'object', {
      metadata: { name: `${SERVER}-dashboard`, namespace, labels: { ...LABELS, grafana_dashboard: '1' } },
      data: { [`${SERVER}.json`]: JSON.stringify(show(queriesOf(namespace))) },
    });
  }
}

function show({ requests, errors, latency, connections }: Queries) {
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
