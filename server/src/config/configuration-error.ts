/** Something that is wrong with one variable. The text never holds the value of a secret. */
export interface Mistake {
  readonly variable: string;
  readonly message: string;
}

/** The environment does not make a configuration. The message lists every mistake, a line each. */
export class ConfigurationError extends Error {
  override readonly name = 'ConfigurationError';
  readonly mistakes: readonly Mistake[];

  constructor(mistakes: readonly Mistake[]) {
    const count = mistakes.length === 1 ? 'a mistake' : `${mistakes.length} mistakes`;
    const lines = mistakes.map(({ variable, message }) => `- ${variable}: ${message}`);
    super(
      [`The configuration has ${count}:`, ...lines, 'Every variable is described in docs/configuration.md.'].join('\n'),
    );
    this.mistakes = mistakes;
  }
}
