import type { Model } from '../../contract/operation-types.ts';

type DispatchState = Model<'TriggerSnapshotDispatchState'>;

/** How one dispatch of a snapshot went. */
export interface Dispatch {
  readonly status: Model<'TriggerDispatchStatusCode'>;
  readonly details?: Readonly<Record<string, unknown>>;
  readonly error?: DispatchError;
}

/** Why a dispatch failed. */
export interface DispatchError {
  /** The class of the error, e.g. `ValueError`. */
  readonly type: string;
  readonly message: string;
  readonly severity: Model<'TriggerDispatchErrorSeverity'>;
}

/** ZenML 0.98.0 models/v2/core/triggers.py */
const MAX_MESSAGE = 4096;

/**
 * The state of a trigger's snapshot after a dispatch. Errors of one type that follow each other are counted; what the
 * last error was stays known after a success.
 * @param time in API form
 */
export function nextState(before: DispatchState | undefined, dispatch: Dispatch, time: string): DispatchState {
  const { status, details, error } = dispatch;
  const state = { ...(before ?? WITHOUT_ERROR), last_status: status, last_status_at: time };
  const told = { ...state, last_status_details: details ?? null };
  if (!error) return told;
  const goesOn = before?.last_status === 'ERROR' && before.last_error_type === error.type;
  return {
    ...told,
    last_error_message: error.message.slice(0, MAX_MESSAGE),
    last_error_type: error.type,
    last_error_severity: error.severity,
    last_error_stack_trace: null,
    last_error_at: time,
    first_error_at: (goesOn ? (before.first_error_at ?? before.last_error_at) : null) ?? time,
    last_error_count: goesOn ? (before.last_error_count ?? 0) + 1 : 1,
  };
}

/** A state without the traces of an error. */
export const WITHOUT_ERROR = {
  last_error_message: null,
  last_error_type: null,
  last_error_severity: null,
  last_error_stack_trace: null,
  last_error_at: null,
  first_error_at: null,
  last_error_count: 0,
} as const;
