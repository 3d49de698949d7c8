import { k8s } from 'cdk8s-plus-27';
import { Construct } from 'constructs';
import { LABELS as JOB_LABELS } from '../../../server/src/workloads/kubernetes/labels.ts';
import { LABELS, SERVER } from '../names.ts';
import type { Settings } from '../settings.ts';
import { tcp } from './connections.ts';

/** Of clouds' metadata, which gives out identities. */
const LINK_LOCAL = { v4: ['169.254.0.0/16'], v6: ['fe80::/10', 'fd00:ec2::/32'] };

/** Besides what all pods of their namespace reach, builders reach mirrors of packages: Debian's speak HTTP. */
export class BuilderNetworkPolicy extends Construct {
  constructor(scope: Construct, { runners }: Settings) {
    super(scope, 'builder-network-policy');
    const anywhere = [
      { ipBlock: { cidr: '0.0.0.0/0', except: LINK_LOCAL.v4 } },
      { ipBlock: { cidr: '::/0', except: LINK_LOCAL.v6 } },
    ];
    new k8s.KubeNetworkPolicy(this, 'object', {
      metadata: { name: `${SERVER}-builder`, namespace: runners.namespace, labels: LABELS },
      spec: {
        podSelector: { matchLabels: { [JOB_LABELS.component]: 'builder' } },
        policyTypes: ['Egress'],
        egress: [{ ports: tcp(80), to: anywhere }],
      },
    });
  }
}
