import { valueError } from '../errors.ts';

/** Characters that no name may have (ZenML 0.98.0 constants.BANNED_NAME_CHARACTERS). */
const BANNED_CHARACTERS = /[\t\n\r\v\f]/;

/**
 * Checks a name of a resource.
 * @param type the resource in the message, e.g. `Stack`.
 * @throws ApiError ValueError 400
 */
export function checkName(name: string, type: string): void {
  if (name === '') {
    const request = type.endsWith('Update') ? type : `${type}Request`;
    throw valueError(
      `The class \`${request}\` has no attribute \`name\` or it is set to \`None\`. Cannot validate the name.`,
    );
  }
  const banned = BANNED_CHARACTERS.exec(name)?.[0];
  if (banned !== undefined) {
    throw valueError(
      `The name \`${name}\` of the \`${type}\` contains the following forbidden characters: \`${banned}\`.`,
    );
  }
}
