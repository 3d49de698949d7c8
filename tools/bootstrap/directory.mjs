import { mkdirSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { Failure } from './failure.mjs';

/**
 * Makes a directory, and those above it; what is there stays as it is. Node's own `recursive` never comes back from where
 * nothing can be made, such as /proc.
 * @param {string} path absolute
 * @param {number} mode for the current user only, unless another is given
 * @throws {Failure} with why it cannot be made
 */
export function makeDirectory(path, mode = 0o700) {
  try {
    make(path, mode);
  } catch (error) {
    throw cannotUse(path, error);
  }
}

/** What a person reads of an error of the file system. */
export function cannotUse(path, error) {
  if (error.syscall === undefined) return error;
  return new Failure(`Cannot use the directory ${path}: ${reasons[error.code] ?? error.message}.`);
}

const reasons = {
  EACCES: 'permission denied',
  EEXIST: 'a file is in its place',
  ENOENT: 'the system lets nobody make it',
  ENOSPC: 'the disk is full',
  ENOTDIR: 'a file is in its place',
  EPERM: 'permission denied',
  EROFS: 'the file system is read-only',
};

function make(path, mode) {
  if (isDirectory(path)) return;
  if (dirname(path) !== path) make(dirname(path), mode);
  try {
    mkdirSync(path, { mode });
  } catch (error) {
    // Another process may have been quicker.
    if (error.code !== 'EEXIST' || !isDirectory(path)) throw error;
  }
}

function isDirectory(path) {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false;
}
