import { k8s } from 'cdk8s-plus-27';
import { Construct } from 'constructs';
import { LABELS, SERVER } from '../names.ts';
import type { Settings } from '../settings.ts';

/** As many replicas as their use of CPU and memory asks for: up at once, down slowly. */
export class Autoscaler extends Construct {
  constructor(scope: Construct, { namespace, server, autoscaling }: Settings) {
    super(scope, 'autoscaler');
    new k8s.KubeHorizontalPodAutoscalerV2(this, 'object', {
      metadata: { name: SERVER, namespace, labels: LABELS },
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
