import { Failure } from './failure.mjs';
import { findProgram } from './process.mjs';
import { installSystemPackages } from './system-packages.mjs';

const names = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable'];
const directories = [
  '/Applications/Google Chrome.app/Contents/MacOS',
  '/Applications/Chromium.app/Contents/MacOS',
  '/usr/lib64/chromium-browser',
];
const find = () => findProgram([...names, 'Google Chrome', 'Chromium'], directories);

/** The path of a Chromium or Chrome, installed where the system's package manager can. */
export async function ensureChromium() {
  const found = find();
  if (found !== undefined) return found;
  const refused = await installSystemPackages({ apt: ['chromium'], dnf: ['chromium'] }, 'Chromium');
  const installed = find();
  if (installed === undefined) throw new Failure(refused ?? 'the chromium package brings no program of that name');
  return installed;
}
