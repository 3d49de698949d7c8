/** How a traceback ends: what follows may be the rest of a long message. */
const PYTHON_ERROR = /^[\w.]*(?:Error|Exception|Interrupt|Exit): /;

/** Of the last lines of a log the one that says most of why it ended: the exception after the last traceback, else the last line. */
export function tellingLine(lines: readonly string[]): string | undefined {
  return lines.findLast((line) => PYTHON_ERROR.test(line)) ?? lines.at(-1);
}
