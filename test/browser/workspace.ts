import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** The server under test, and what looks at it; `npm test -- browser` sets these. */
export const workspace = {
  url: required('ZENML_TEST_SERVER_URL'),
  user: required('ZENML_TEST_USER'),
  password: required('ZENML_TEST_PASSWORD'),
  chromium: required('ZENML_TEST_CHROMIUM'),
  python: required('ZENML_TEST_PYTHON'),
};

function required(name: string): string {
  const value = process.env[name];
  if (!value) throw new Error(`${name} is not set: the suite runs against a server that is already up`);
  return value;
}

/** Runs the pipeline of three_steps.py with the SDK and returns its run's name. */
export async function runThreeSteps(): Promise<string> {
  const home = mkdtempSync(join(tmpdir(), 'zenml-workspace-browser-'));
  try {
    const { stdout } = await run(workspace.python, [fileURLToPath(new URL('three_steps.py', import.meta.url))], {
      cwd: home,
      env: {
        PATH: process.env['PATH'],
        HOME: home,
        ZENML_CONFIG_PATH: join(home, 'config'),
        ZENML_LOCAL_STORES_PATH: join(home, 'stores'),
        ZENML_ANALYTICS_OPT_IN: 'false',
        ZENML_STORE_URL: workspace.url,
        ZENML_STORE_USERNAME: workspace.user,
        ZENML_STORE_PASSWORD: workspace.password,
      },
    });
    const name = stdout.match(/^run (.+)$/m)?.[1];
    if (name === undefined) throw new Error(`the pipeline printed no run:\n${stdout}`);
    return name;
  } finally {
    rmSync(home, { recursive: true, force: true });
  }
}

/** Answers the questions that the dashboard asks a new user before it shows anything else. */
export async function skipSurvey(): Promise<void> {
  const login = await fetch(`${workspace.url}/api/v1/login`, {
    method: 'POST',
    body: new URLSearchParams({ username: workspace.user, password: workspace.password }),
  });
  const { access_token: token } = (await login.json()) as { access_token: string };
  const answer = await fetch(`${workspace.url}/api/v1/current-user`, {
    method: 'PUT',
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
    body: JSON.stringify({ email_opted_in: false, user_metadata: { finished_onboarding_survey: true } }),
  });
  if (!answer.ok) throw new Error(`the user could not be updated: ${answer.status} ${await answer.text()}`);
}
