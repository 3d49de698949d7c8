import { keyError, valueError } from '../errors.ts';

/**
 * Fills `{placeholders}` in a name.
 * @throws ApiError KeyError 404 for a placeholder without a value, ValueError 400 for an empty result.
 */
export function formatNameTemplate(template: string, substitutions: Readonly<Record<string, string>>): string {
  const name = template.replace(/\{(\w+)\}/g, (_match, key: string) => {
    const value = substitutions[key];
    if (value !== undefined) return value;
    throw keyError(`Could not format the name template \`${template}\`. Missing key: '${key}'`);
  });
  if (name === '') throw valueError('Empty names are not allowed.');
  return name;
}
