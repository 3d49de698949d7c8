import assert from 'node:assert/strict';
import { after, before, beforeEach, test } from 'node:test';
import { type Browser, chromium, type Page } from 'playwright-core';
import { runThreeSteps, skipSurvey, workspace } from './workspace.ts';

/** Waits for what the page shows; long, because the machine may run other suites at the same time. */
const patience = 30_000;

let browser: Browser;
let page: Page;
let runName: string;
/** What went wrong in the page that nobody sees: uncaught errors, and answers of the API that are none. */
let complaints: string[] = [];

before(async () => {
  await skipSurvey();
  runName = await runThreeSteps();
  // Chromium's sandbox needs rights that containers and root do not have; the page is our own. The log-in page animates
  // its background with WebGL, which drawn in software leaves no time for anything else.
  const args = ['--no-sandbox', '--disable-3d-apis'];
  browser = await chromium.launch({ executablePath: workspace.chromium, args });
  page = await browser.newPage({ baseURL: workspace.url, viewport: { width: 1400, height: 1000 } });
  page.setDefaultTimeout(patience);
  // The dashboard loads a few things from the internet (announcements, logos): without a network they would delay it.
  await page.route(
    (url) => url.origin !== workspace.url,
    (route) => route.abort(),
  );
  page.on('pageerror', (error) => {
    if (!/WebGL is not supported/.test(error.message)) complaints.push(error.message);
  });
  page.on('response', (response) => {
    if (response.status() >= 400)
      complaints.push(`${response.request().method()} ${response.url()}: ${response.status()}`);
  });
});

beforeEach(() => {
  complaints = [];
});

after(async () => {
  await browser?.close();
});

async function logIn(password: string): Promise<void> {
  await page.goto('/');
  await page.locator('input[name="username"]').fill(workspace.user);
  await page.locator('input[name="password"]').fill(password);
  await page.locator('button[type="submit"]').click();
}

test('a wrong password is refused, and said so', async () => {
  const answer = page.waitForResponse((response) => response.url().endsWith('/api/v1/login'));
  await logIn('not the password');
  assert.equal((await answer).status(), 401);
  assert.match(page.url(), /\/login/);
});

test('the right one logs in, and a reload stays logged in', async () => {
  await logIn(workspace.password);
  await page.waitForURL((url) => !url.pathname.startsWith('/login'));
  await page.reload();
  await page.getByText('default').first().waitFor();
  assert.doesNotMatch(page.url(), /\/login/);
  assert.deepEqual(complaints, []);
});

test('the pipeline is listed with its latest run', async () => {
  await page.goto('/projects/default/pipelines');
  const row = page.getByRole('row').filter({ hasText: 'three_steps' });
  await row.first().waitFor();
  assert.equal(await row.locator('a[href*="/runs/"]').count(), 1);
  assert.deepEqual(complaints, []);
});

test('the run is listed with its pipeline, stack and author', async () => {
  await page.goto('/projects/default/runs');
  const row = page.getByRole('row').filter({ hasText: runName });
  await row.waitFor();
  const text = (await row.textContent()) ?? '';
  for (const shown of ['three_steps', 'default', workspace.user]) assert.ok(text.includes(shown), text);
  assert.deepEqual(complaints, []);
});

test("the run's page draws its steps and artifacts, connected", async () => {
  await page.goto('/projects/default/runs');
  await page.getByRole('row').filter({ hasText: runName }).locator('a[href*="/runs/"]').first().click();
  const nodes = page.locator('.react-flow__node');
  await nodes.filter({ hasText: 'report' }).waitFor();
  const labels = (await nodes.allInnerTexts()).map((text) => text.split('\n')[0]?.trim());
  assert.deepEqual(labels.sort(), ['double', 'load', 'output', 'output', 'output', 'report']);
  assert.equal(await page.locator('.react-flow__edge').count(), 5);
  await page.getByText('completed').first().waitFor();
  assert.deepEqual(complaints, []);
});

test('a step opens with its details', async () => {
  await page.locator('.react-flow__node').filter({ hasText: 'double' }).click();
  const panel = page.getByRole('dialog');
  await panel.getByText('double').first().waitFor();
  await panel.getByText('completed').first().waitFor();
  assert.deepEqual(complaints, []);
});

/** Screens beside those above, and what each shows once it is there. */
const screens: Record<string, string> = {
  '/': 'zenml login',
  '/projects': 'default',
  '/stacks': 'default',
  '/components': 'default',
  '/settings/general': 'Server',
  '/settings/members': workspace.user,
  '/settings/secrets': 'Secrets',
  '/settings/connectors': 'Connectors',
  '/settings/service-accounts': 'Service Accounts',
  '/settings/profile': 'Profile',
  '/projects/default/snapshots': 'Snapshots',
  '/projects/default/deployments': 'Deployments',
  '/projects/default/artifacts': 'Artifacts',
  '/projects/default/models': 'Models',
  '/projects/default/triggers': 'Triggers',
  '/components/create': 'Orchestrator',
  '/stacks/create/manual': 'Stack Name',
  '/settings/connectors/create': 'Connector Type',
};

/** @returns what the screen shows in place of that, where it does not come to show it */
async function open(path: string, shown: string): Promise<string | undefined> {
  await page.goto(path, { waitUntil: 'networkidle' });
  const there = page.getByText(shown).first().waitFor({ timeout: 15_000 });
  return there.then(
    () => undefined,
    async () => `${complaints.join('\n')}\nIt shows: ${await page.locator('body').textContent()}`,
  );
}

for (const [path, shown] of Object.entries(screens)) {
  test(`${path} opens`, async (context) => {
    const first = await open(path, shown);
    // One load of hundreds was seen to stay without its table, for no reason that shows; people load again, too.
    if (first !== undefined) {
      context.diagnostic(first);
      assert.equal(await open(path, shown), undefined);
    }
    assert.equal(new URL(page.url()).pathname, path);
    assert.deepEqual(complaints, []);
  });
}
