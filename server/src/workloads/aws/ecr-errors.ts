import { ECRServiceException } from '@aws-sdk/client-ecr';

/** Name of the error where AWS' SDK found no credentials; where they come from may answer again later. */
export const NO_CREDENTIALS = 'CredentialsProviderError';

/** What went wrong, to complete the sentence "the registry …". */
export function messageOf(error: unknown): string {
  if (nameOf(error) === NO_CREDENTIALS) return 'cannot be asked: the server has no credentials of AWS';
  if (isRefusal(error)) return `refuses the server’s role (${nameOf(error)})`;
  return `cannot be asked: ${error instanceof Error ? error.message : String(error)}`;
}

/** Whether AWS does not let the server's role do it, or knows no such role. */
export function isRefusal(error: unknown): boolean {
  const status = error instanceof ECRServiceException ? error.$metadata.httpStatusCode : undefined;
  return (
    status === 401 ||
    status === 403 ||
    /AccessDenied|UnrecognizedClient|InvalidSignature|ExpiredToken/.test(nameOf(error))
  );
}

/** What AWS calls an error; empty for what is none. */
export function nameOf(error: unknown): string {
  return error instanceof Error ? error.name : '';
}
