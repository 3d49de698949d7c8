import { Failure } from '../bootstrap/failure.mjs';
import { findProgram } from '../bootstrap/process.mjs';

/** Where a program of this machine is, also one that is not on everyone's PATH. */
export function find(program) {
  return findProgram([program], ['/usr/local/go/bin', '/usr/sbin', '/sbin', '/usr/bin', '/bin']);
}

/** The same, for one that must be there. */
export function need(program) {
  const found = find(program);
  if (found === undefined) throw new Failure(`${program} is not installed`);
  return found;
}
