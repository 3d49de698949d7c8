/**
 * What a person needs to go on, printed once the server is ready.
 * @param {{url: string, host: string, user: string, password?: string, dashboard: string, dataDirectory: string,
 *   log: string}} facts `password` only where it was tried and works; `dashboard` says what the URL shows
 */
export function banner({ url, host, user, password, dashboard, dataDirectory, log }) {
  const shared = host === '0.0.0.0' || host === '::' ? ' (and on every address of this machine)' : '';
  const access = password
    ? [`  user      ${user}`, `  password  ${password}`]
    : [`  user      one that this server knows: ${user} does not log in with the password given now`];
  return [
    '',
    `ZenML workspace server: ${url}${shared}`,
    ...access,
    `  dashboard ${dashboard}`,
    `  client    zenml login ${url}`,
    `  data      ${dataDirectory}`,
    `  log       ${log}`,
    '',
    'Ctrl-C stops it.',
  ].join('\n');
}
