import type { Handlers } from '../../contract/registry.ts';
import { HttpError } from '../../http-error.ts';

/**
 * Live events need a message broker between the replicas, which this server does not connect to. It answers as the
 * reference does where none is configured.
 */
export function runEventsOperations() {
  const refuse = async (): Promise<never> => {
    throw new HttpError(501, { detail: 'Live event streaming is not enabled on this server.' });
  };
  return {
    publish_run_events_api_v1_runs__pipeline_run_id__events_post: refuse,
    stream_run_events_api_v1_runs__pipeline_run_id__events_stream_get: refuse,
  } satisfies Handlers;
}
