import { existsSync } from 'node:fs';
import { join } from 'node:path';
import express, { type RequestHandler, type Router } from 'express';

const NO_DASHBOARD = `<!doctype html>
<html lang="en"><meta charset="utf-8"><title>ZenML workspace server</title>
<body style="font-family: sans-serif; max-width: 40rem; margin: 4rem auto">
<h1>The server is running</h1>
<p>The dashboard's files are not installed here. The REST API works: use <code>zenml login</code> with this address,
or see <a href="/openapi.json">/openapi.json</a>.</p>
<p><code>npm start</code> fetches the dashboard where Python and a network are at hand.</p>
</body></html>`;

/** Assets carry a hash in their name: they never change. */
const ASSET_LIFETIME = '365d';

/**
 * Serves the open-source dashboard: its files as they are, and its start page for every other path, because the
 * dashboard does its own routing. Without files a page says so.
 */
export function dashboard(directory: string | undefined): Router {
  const router = express.Router();
  if (!directory || !existsSync(join(directory, 'index.html'))) {
    router.get('/', (_request, response) => void response.type('html').send(NO_DASHBOARD));
    return router;
  }
  // Named from its folder: a full path would be refused where a folder above it starts with a dot (~/.cache).
  const page: RequestHandler = (_request, response) => void response.sendFile('index.html', { root: directory });
  router.use('/assets', express.static(join(directory, 'assets'), { immutable: true, maxAge: ASSET_LIFETIME }));
  router.use(express.static(directory, { index: false }));
  router.get(/^\/(?!api\/|openapi\.json|health|ready).*/, page);
  return router;
}
