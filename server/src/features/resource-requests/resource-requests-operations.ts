import type { Handlers } from '../../contract/registry.ts';
import { notImplemented } from '../../errors.ts';

/** Resource pools are a part of ZenML Pro: ZenML's open-source server answers these operations alike, in these words. */
async function notEnabled(): Promise<never> {
  throw notImplemented('Resource pool functionality is not enabled');
}

/** The operations on resource requests. */
export function resourceRequestsOperations() {
  return {
    list_resource_requests_api_v1_resource_requests_get: notEnabled,
    get_resource_request_api_v1_resource_requests__resource_request_id__get: notEnabled,
    renew_resource_request_api_v1_resource_requests__resource_request_id__renew_post: notEnabled,
    release_resource_request_api_v1_resource_requests__resource_request_id__release_post: notEnabled,
  } satisfies Handlers;
}
