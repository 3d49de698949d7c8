/** What the stack needs to be told. */
export const plain = { cloud: 'aws', name: 'zenml' };
/** With a cluster, whose pods take the roles. */
export const full = { ...plain, cluster: { name: 'workspace' }, tags: { team: 'ml' } };
/** Of a service that records the traffic of networks: for this account and region alone. */
export const ownLogs = {
  StringEquals: { 'aws:SourceAccount': expect.stringMatching(/\.account_id\}$/) },
  ArnLike: { 'aws:SourceArn': expect.stringMatching(/:logs:eu-central-1:.*\.account_id\}:\*$/) },
};
/** One that is there. */
export const network = { vpcId: 'vpc-0a1b', subnetIds: ['subnet-0a1b', 'subnet-0c2d'] };
