import { ComputeFirewall } from '@cdktf/provider-google/lib/compute-firewall/index.js';
import { ComputeNetwork } from '@cdktf/provider-google/lib/compute-network/index.js';
import { ComputeRouter } from '@cdktf/provider-google/lib/compute-router/index.js';
import { ComputeRouterNat } from '@cdktf/provider-google/lib/compute-router-nat/index.js';
import { ComputeSubnetwork } from '@cdktf/provider-google/lib/compute-subnetwork/index.js';
import { Construct } from 'constructs';
import { type GoogleConfig, NEW_NETWORK } from '../config/google-config.ts';

/** A network with room for a cluster, whose nodes have no public addresses and leave it through a NAT. */
export class Network extends Construct {
  readonly networkId: string;
  readonly subnetworkId: string;

  constructor(scope: Construct, id: string, { name, region, network: given }: GoogleConfig) {
    super(scope, id);
    const network = new ComputeNetwork(this, 'network', { name, autoCreateSubnetworks: false });
    const subnetwork = new ComputeSubnetwork(this, 'nodes', {
      name: `${name}-nodes`,
      network: network.id,
      region,
      ipCidrRange: given.cidr ?? NEW_NETWORK,
      secondaryIpRange: [
        { rangeName: 'pods', ipCidrRange: given.podCidr },
        { rangeName: 'services', ipCidrRange: given.serviceCidr },
      ],
      privateIpGoogleAccess: true,
      logConfig: { aggregationInterval: 'INTERVAL_10_MIN', flowSampling: 0.5, metadata: 'INCLUDE_ALL_METADATA' },
    });
    // What every network of one's own refuses anyhow; as a rule it is seen, and logged.
    new ComputeFirewall(this, 'refuse-the-rest', {
      name: `${name}-refuse-the-rest`,
      network: network.id,
      direction: 'INGRESS',
      priority: 65534,
      sourceRanges: ['0.0.0.0/0'],
      deny: [{ protocol: 'all' }],
      logConfig: { metadata: 'INCLUDE_ALL_METADATA' },
    });
    const router = new ComputeRouter(this, 'router', { name, network: network.id, region });
    new ComputeRouterNat(this, 'nat', {
      name,
      router: router.name,
      region,
      natIpAllocateOption: 'AUTO_ONLY',
      sourceSubnetworkIpRangesToNat: 'ALL_SUBNETWORKS_ALL_IP_RANGES',
      logConfig: { enable: true, filter: 'ERRORS_ONLY' },
    });
    this.networkId = network.id;
    this.subnetworkId = subnetwork.id;
  }
}
