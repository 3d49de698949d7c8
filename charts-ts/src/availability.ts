import { k8s } from 'cdk8s-plus-27';
import { Construct } from 'constructs';
import { LABELS, priorityClassOf, SELECTOR, SERVER } from './names.ts';
import type { Settings } from './settings.ts';

/** What keeps the server up: priority, disruption budget, autoscaler. */
export class Availability extends Construct {
  constructor(scope: Construct, { namespace, server, autoscaling }: Settings) {
    super(scope, 'availability');
    const metadata = { name: SERVER, namespace, labels: LABELS };
    new k8s.KubePriorityClass(this, 'priority', {
      metadata: { name: priorityClassOf(namespace), labels: LABELS },
      value: 100_000,
      globalDefault: false,
      description: 'The workspace server goes before the pipelines that it starts.',
    });
    new k8s.KubePodDisruptionBudget(this, 'budget', {
      metadata,
      spec: { maxUnavailable: k8s.IntOrString.fromNumber(1), selector: { matchLabels: SELECTOR } },
    });
    if (!autoscaling.enabled) return;
    new k8s.KubeHorizontalPodAutoscalerV2(this, 'autoscaler', {
      metadata,
      spec: {
        scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: SERVER },
        minReplicas: server.replicas,
        maxReplicas: autoscaling.maxReplicas,
        metrics: [utilization('cpu', autoscaling.cpuPercent), utilization('memory', autoscaling.memoryPercent)],
        behavior: {
          scaleUp: { stabilizationWindowSeconds: 0, policies: [{ type: 'Pods', value: 2, periodSeconds: 30 }] },
          scaleDown: { stabilizationWindowSeconds: 300, policies: [{ type: 'Pods', value: 1, periodSeconds: 60 }] },
        },
      },
    });
  }
}

function utilization(name: string, averageUtilization: number): k8s.MetricSpecV2 {
  return { type: 'Resource', resource: { name, target: { type: 'Utilization', averageUtilization } } };
}
