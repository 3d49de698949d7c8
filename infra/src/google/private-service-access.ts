import { ComputeGlobalAddress } from '@cdktf/provider-google/lib/compute-global-address/index.js';
import { ServiceNetworkingConnection } from '@cdktf/provider-google/lib/service-networking-connection/index.js';
import type { ITerraformDependable } from 'cdktf';
import { Construct } from 'constructs';

/** Length of the prefix of the reserved range. */
const SERVICES_PREFIX = 20;

/** Addresses of a network for Google's managed services, of which Cloud SQL is one. */
export class PrivateServiceAccess extends Construct {
  readonly cidr: string;
  /** What must be there before the first instance. */
  readonly ready: ITerraformDependable;

  constructor(scope: Construct, id: string, { name, networkId }: { name: string; networkId: string }) {
    super(scope, id);
    const range = new ComputeGlobalAddress(this, 'range', {
      name: `${name}-services`,
      network: networkId,
      purpose: 'VPC_PEERING',
      addressType: 'INTERNAL',
      prefixLength: SERVICES_PREFIX,
    });
    this.ready = new ServiceNetworkingConnection(this, 'connection', {
      network: networkId,
      service: 'servicenetworking.googleapis.com',
      reservedPeeringRanges: [range.name],
      deletionPolicy: 'ABANDON',
    });
    this.cidr = `${range.address}/${SERVICES_PREFIX}`;
  }
}
