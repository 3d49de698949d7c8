import { DefaultSecurityGroup } from '@cdktf/provider-aws/lib/default-security-group/index.js';
import { Eip } from '@cdktf/provider-aws/lib/eip/index.js';
import { FlowLog } from '@cdktf/provider-aws/lib/flow-log/index.js';
import { InternetGateway } from '@cdktf/provider-aws/lib/internet-gateway/index.js';
import { NatGateway } from '@cdktf/provider-aws/lib/nat-gateway/index.js';
import { Route } from '@cdktf/provider-aws/lib/route/index.js';
import { RouteTable } from '@cdktf/provider-aws/lib/route-table/index.js';
import { RouteTableAssociation } from '@cdktf/provider-aws/lib/route-table-association/index.js';
import { Subnet } from '@cdktf/provider-aws/lib/subnet/index.js';
import { Vpc } from '@cdktf/provider-aws/lib/vpc/index.js';
import { VpcEndpoint } from '@cdktf/provider-aws/lib/vpc-endpoint/index.js';
import { Fn } from 'cdktf';
import { Construct } from 'constructs';
import type { Bucket } from './bucket.ts';

/** What a new network is like. */
export interface NetworkProps {
  /** What the names of its parts begin with. */
  readonly name: string;
  readonly region: string;
  /** Its address range; a sixteenth of it makes a subnet. */
  readonly cidr: string;
  /** Letters of the zones. */
  readonly zones: readonly string[];
  /** Whether each zone has a way out of its own, which outlives the loss of another zone. */
  readonly natPerZone: boolean;
  /** Bucket that gets the records of the network's traffic, under `AWSLogs/`. */
  readonly flowLogBucket: Bucket;
}

/** A VPC with private subnets for nodes and database, and public ones for load balancers and the way out. */
export class Network extends Construct {
  readonly vpcId: string;
  readonly privateSubnetIds: readonly string[];
  readonly privateCidrs: readonly string[];

  readonly #props: NetworkProps;

  constructor(scope: Construct, id: string, props: NetworkProps) {
    super(scope, id);
    this.#props = props;
    const { name, cidr, flowLogBucket } = props;
    const vpc = new Vpc(this, 'vpc', {
      cidrBlock: cidr,
      enableDnsHostnames: true,
      enableDnsSupport: true,
      tags: { Name: name },
    });
    this.vpcId = vpc.id;
    // Without rules: what nobody gave a group to reaches nothing.
    new DefaultSecurityGroup(this, 'default-group', { vpcId: vpc.id, tags: { Name: `${name}-unused` } });
    new FlowLog(this, 'flow-log', {
      vpcId: vpc.id,
      trafficType: 'ALL',
      logDestinationType: 's3',
      logDestination: flowLogBucket.arn,
      // Else AWS finds that it may not write there, or writes a policy of its own.
      dependsOn: [flowLogBucket.policy],
    });
    const { privates, privateTables } = this.#makeSubnets();
    this.privateSubnetIds = privates.map((subnet) => subnet.id);
    this.privateCidrs = privates.map((subnet) => subnet.cidrBlock);
    new VpcEndpoint(this, 's3-endpoint', {
      vpcId: vpc.id,
      serviceName: `com.amazonaws.${props.region}.s3`,
      vpcEndpointType: 'Gateway',
      routeTableIds: privateTables.map((table) => table.id),
      tags: { Name: `${name}-s3` },
    });
  }

  #makeSubnets() {
    const { name, region, zones, natPerZone } = this.#props;
    const vpcId = this.vpcId;
    const internet = new InternetGateway(this, 'internet', { vpcId, tags: { Name: name } });
    const publicTable = this.#makeTable('public', { gatewayId: internet.id });
    const privates: Subnet[] = [];
    const privateTables: RouteTable[] = [];
    const ways: NatGateway[] = [];
    for (const [index, letter] of zones.entries()) {
      const zone = `${region}${letter}`;
      const publicSubnet = this.#makeSubnet('public', index, zone);
      new RouteTableAssociation(this, `public-${index}-routes`, {
        subnetId: publicSubnet.id,
        routeTableId: publicTable.id,
      });
      if (natPerZone || index === 0) {
        const tags = { Name: `${name}-${index}` };
        const address = new Eip(this, `address-${index}`, { domain: 'vpc', tags });
        const subnetId = publicSubnet.id;
        ways.push(
          new NatGateway(this, `nat-${index}`, { allocationId: address.id, subnetId, tags, dependsOn: [internet] }),
        );
      }
      const subnet = this.#makeSubnet('private', index, zone);
      const table = this.#makeTable(`private-${index}`, { natGatewayId: (ways[index] ?? ways[0])?.id });
      new RouteTableAssociation(this, `private-${index}-routes`, { subnetId: subnet.id, routeTableId: table.id });
      privates.push(subnet);
      privateTables.push(table);
    }
    return { privates, privateTables };
  }

  #makeTable(name: string, out: { gatewayId?: string; natGatewayId?: string }): RouteTable {
    const table = new RouteTable(this, `${name}-table`, {
      vpcId: this.vpcId,
      tags: { Name: `${this.#props.name}-${name}` },
    });
    new Route(this, `${name}-out`, { routeTableId: table.id, destinationCidrBlock: '0.0.0.0/0', ...out });
    return table;
  }

  /** Private subnets are the first blocks of a sixteenth of the network, public ones the last. */
  #makeSubnet(kind: 'public' | 'private', index: number, availabilityZone: string): Subnet {
    const { name, cidr } = this.#props;
    const role = kind === 'public' ? 'kubernetes.io/role/elb' : 'kubernetes.io/role/internal-elb';
    return new Subnet(this, `${kind}-${index}`, {
      vpcId: this.vpcId,
      availabilityZone,
      cidrBlock: Fn.cidrsubnet(cidr, 4, kind === 'public' ? 15 - index : index),
      mapPublicIpOnLaunch: false,
      tags: { Name: `${name}-${kind}-${index}`, [role]: '1' },
    });
  }
}
