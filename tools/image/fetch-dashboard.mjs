import { cpSync, rmSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { ensureDashboard } from '../bootstrap/dashboard.mjs';

/** Puts the open-source dashboard into the folder from which the Dockerfile takes it. */
const target = fileURLToPath(new URL('../../dashboard', import.meta.url));
const dashboard = await ensureDashboard();
rmSync(target, { recursive: true, force: true });
cpSync(dashboard, target, { recursive: true });
console.log(target);
