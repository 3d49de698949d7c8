/** A reason to stop that a person can act on: its message is printed alone, without a stack. */
export class Failure extends Error {
  /**
   * @param {string} message what is wrong and what to do
   * @param {number} exitCode what the process exits with; 1 unless a program of ours gave its own
   */
  constructor(message, exitCode = 1) {
    super(message);
    this.name = 'Failure';
    this.exitCode = exitCode;
  }
}

/** Prints why the program stops and returns the exit code: a Failure by its message, a defect with its stack. */
export function reportFailure(error) {
  if (error instanceof Failure) {
    console.error(error.message);
    return error.exitCode;
  }
  console.error(error);
  return 1;
}
