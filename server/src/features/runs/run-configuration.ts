import type { Model } from '../../contract/operation-types.ts';
import { hasPipelineMembers, textInCurrentForm } from '../../contract/stored-forms.ts';
import { type JsonMembers, readMembers, writeMembers } from '../../json-members.ts';
import { rawJson } from '../../raw-json.ts';

type PipelineConfiguration = Model<'PipelineConfiguration-Output'>;

/**
 * The configuration of a run as it is shown: that of its snapshot, with the date and time of its start among the
 * substitutions (ZenML 0.98.0 PipelineConfiguration.finalize_substitutions).
 * @param stored JSON text.
 * @param startTime database form; the current time where the run has not started.
 */
export function toRunConfiguration(stored: string, startTime: string | null): PipelineConfiguration {
  const members = readCurrentMembers(stored);
  const substitutions = JSON.parse(members.get('substitutions') ?? '{}') as Record<string, string>;
  members.set('substitutions', JSON.stringify(finalizeSubstitutions(substitutions, startTime)));
  return rawJson(writeMembers(members));
}

function readCurrentMembers(stored: string): JsonMembers {
  const members = readMembers(stored) ?? new Map<string, string>();
  if (hasPipelineMembers((name) => members.has(name))) return members;
  return readMembers(textInCurrentForm('PipelineConfiguration', stored)) ?? members;
}

/** Adds `date` and `time` to substitutions that do not have them. */
export function finalizeSubstitutions(
  substitutions: Readonly<Record<string, string>>,
  startTime: string | null,
): Record<string, string> {
  const [date = '', time = ''] = (startTime ?? new Date().toISOString().slice(0, -1)).split(/[ T]/);
  const [clock = '', fraction = ''] = time.split('.');
  return {
    date: date.replaceAll('-', '_'),
    time: `${clock.replaceAll(':', '_')}_${fraction.padEnd(6, '0')}`,
    ...substitutions,
  };
}

/** An environment as it is shown: without the list of Python packages, unless it is asked for. */
export function toEnvironment(stored: string | null, pythonPackages: boolean): Record<string, unknown> {
  if (!stored) return {};
  if (pythonPackages || !stored.includes('"python_packages"')) return rawJson(stored);
  const members = readMembers(stored);
  members?.delete('python_packages');
  return rawJson(members ? writeMembers(members) : stored);
}
