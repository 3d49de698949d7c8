import type { Entitlements } from '../auth/permissions.ts';
import { ApiError } from '../errors.ts';
import type { AskControlPlane } from './control-plane-client.ts';

/** What a subscription allows, as a control plane knows it (ZenML 0.98.0 zenml_cloud_feature_gate.py). */
export function createControlPlaneEntitlements(
  ask: AskControlPlane,
  { organizationId, workspaceId }: { readonly organizationId: string; readonly workspaceId: string },
): Entitlements {
  return {
    async require(feature) {
      try {
        await ask('GET', `/organizations/${organizationId}/entitlement/${feature}`);
      } catch (error) {
        if (!(error instanceof ApiError) || error.name !== 'SubscriptionUpgradeRequiredError') throw error;
        throw new ApiError(
          'SubscriptionUpgradeRequiredError',
          `Your subscription reached its \`${feature}\` limit. Please upgrade your subscription or reach out to us.`,
        );
      }
    },
    async report(feature, resourceId, total) {
      const metadata = { workspace_id: workspaceId, resource_id: resourceId };
      await ask('POST', '/usage-event', { body: { organization_id: organizationId, feature, total, metadata } });
    },
  };
}
