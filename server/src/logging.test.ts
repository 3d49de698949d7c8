import type { Logger } from 'pino';
import { createLogger, withoutSecrets } from './logging.ts';

function logged(format: 'json' | 'text', use: (log: Logger) => void): string {
  const lines: string[] = [];
  use(createLogger({ level: 'info', format }, { write: (line) => void lines.push(line) }));
  return lines.join('');
}

const PASSWORD = 'hunter2-hunter2';

describe('log', () => {
  test('is one JSON object a line, with the request’s id', () => {
    const output = logged('json', (log) => log.child({ requestId: 'r-1' }).info({ status: 200 }, 'request'));
    expect(JSON.parse(output)).toEqual({
      time: expect.stringMatching(/^\d{4}-\d\d-\d\dT.*Z$/),
      level: 'info',
      requestId: 'r-1',
      status: 200,
      msg: 'request',
    });
    expect(output.trimEnd()).not.toContain('\n');
  });

  test('is readable as text, an error with its stack', () => {
    const output = logged('text', (log) =>
      log.error({ err: new Error('broken'), requestId: 'r-1' }, 'unexpected error'),
    );
    expect(output).toMatch(/^\S+Z ERROR unexpected error requestId=r-1\nError: broken\n {4}at /);
  });

  test('leaves out what is below its level', () => {
    expect(logged('json', (log) => log.debug('request'))).toBe('');
  });

  test.each<[string, (log: Logger) => void]>([
    ['a password', (log) => log.info({ password: PASSWORD }, 'm')],
    ['a header', (log) => log.info({ headers: { authorization: `Bearer ${PASSWORD}`, 'set-cookie': PASSWORD } }, 'm')],
    ['a cookie, two levels deep', (log) => log.info({ req: { headers: { cookie: PASSWORD } } }, 'm')],
    ['the configuration', (log) => log.info({ config: { auth: { jwtSecretKey: PASSWORD } } }, 'm')],
    ['a URL in a message', (log) => log.info(`cannot reach mysql://zen:${PASSWORD}@host/db`)],
    ['a URL in an error', (log) => log.error({ err: new Error(`mysql://zen:${PASSWORD}@host`) }, 'm')],
    ['a token in an error’s cause', (log) => log.error(new Error('m', { cause: new Error(`Bearer ${PASSWORD}`) }))],
    ['a field of an error', (log) => log.error(Object.assign(new Error('m'), { password: PASSWORD }))],
  ])('never holds %s', (_title, use) => {
    for (const format of ['json', 'text'] as const) {
      const output = logged(format, use);
      expect(output).not.toBe('');
      expect(output).not.toContain(PASSWORD);
    }
  });

  test('holds a failed statement without its values', () => {
    const sql = `update \`user\` set \`password\` = 'it\\'s ${PASSWORD}', \`name\` = 'a''b${PASSWORD}' where \`id\` = 1`;
    const output = logged('json', (log) => log.error({ err: Object.assign(new Error('m'), { sql }) }, 'm'));
    expect(JSON.parse(output).err.sql).toBe('update `user` set `password` = ?, `name` = ? where `id` = 1');
  });

  test.each([
    ['key ZENKEY_eyJpZCI6ImFiYyJ9 sent', 'key [redacted] sent'],
    ['Basic dXNlcjpwYXNzd29yZA==', 'Basic [redacted]'],
    ['token=eyJhbGciOi.eyJzdWIiOi.c2ln end', 'token=[redacted] end'],
    ['http://host:8080/path and a@b', 'http://host:8080/path and a@b'],
    ['{"url":"http://host:8080/path","user":"a@b"}', '{"url":"http://host:8080/path","user":"a@b"}'],
    ['{"url":"http://host:8080","user":"a@b"}', '{"url":"http://host:8080","user":"a@b"}'],
  ])('%s', (text, safe) => {
    expect(withoutSecrets(text)).toBe(safe);
  });
});
