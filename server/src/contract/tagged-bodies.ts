import { RequestValidationError } from '../errors.ts';
import { type ContractDocument, schemaAt } from './document.ts';
import { type Issue, issuesText } from './issues.ts';

/** A body that is one of several schemas, as one of its members says. */
export interface TaggedBranches {
  /** The member whose value names the schema. */
  readonly tag: string;
  /** JSON pointers of the schemas by the value of the member. */
  readonly pointers: ReadonlyMap<string, string>;
}

interface Discriminator {
  readonly propertyName: string;
  readonly mapping: Readonly<Record<string, string>>;
}

/** The branches of the body at a pointer of the document; `undefined` where it has one schema. */
export function taggedBranches(document: ContractDocument, pointer: string): TaggedBranches | undefined {
  const discriminator = schemaAt(document, pointer)['discriminator'] as Discriminator | undefined;
  if (!discriminator) return undefined;
  const { propertyName, mapping } = discriminator;
  return {
    tag: propertyName,
    pointers: new Map(Object.entries(mapping).map(([value, reference]) => [value, reference.replace(/^#/, '')])),
  };
}

/**
 * A validator that looks at the tag first: what is told of a wrong body is then about the schema that was meant. The
 * body stays as it was sent, without defaults: of an update, what was left out stays as it is.
 */
export function chooseByTag(
  { tag, pointers }: TaggedBranches,
  validatorAt: (pointer: string, within: readonly string[]) => (body: unknown) => void,
): (body: unknown) => void {
  return (body) => {
    if (typeof body !== 'object' || body === null || Array.isArray(body)) {
      throw refused({ type: 'model_attributes_type', message: 'Input should be a valid dictionary', location: [] });
    }
    const value = (body as Readonly<Record<string, unknown>>)[tag];
    if (value === undefined) {
      const message = `Unable to extract tag using discriminator '${tag}'`;
      throw refused({ type: 'union_tag_not_found', message, location: [] });
    }
    const pointer = pointers.get(String(value));
    if (pointer === undefined) {
      const expected = [...pointers.keys()].map((name) => `'${name}'`).join(', ');
      const message = `Input tag '${value}' found using '${tag}' does not match any of the expected tags: ${expected}`;
      throw refused({ type: 'union_tag_invalid', message, location: [] });
    }
    validatorAt(pointer, [String(value)])(body);
  };
}

function refused(issue: Issue): RequestValidationError {
  return new RequestValidationError(issuesText([{ ...issue, location: ['body', ...issue.location] }]));
}
