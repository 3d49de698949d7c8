import { DatabaseUrlError, parseDatabaseUrl } from './database-url.ts';

test.each([
  ['mysql://zen:secret@db:3307/zenml', { host: 'db', port: 3307, user: 'zen', password: 'secret', database: 'zenml' }],
  ['mysql://zen@db/zenml', { port: 3306, password: '' }],
  ['mysql+pymysql://zen:s@db/zenml', { database: 'zenml' }],
  ['mysql://z%40n:p%2Fa%3As%25@db/my%20data', { user: 'z@n', password: 'p/a:s%', database: 'my data' }],
  ['mysql://zen:s@[::1]/zenml', { host: '::1' }],
  ['mysql://zen:s@db/zenml?ssl_ca=/ca.pem', { parameters: { ssl_ca: '/ca.pem' } }],
])('%s is read', (url, expected) => {
  expect(parseDatabaseUrl(url)).toMatchObject(expected);
});

test.each([
  ['zenml', 'is no URL'],
  ['sqlite:///zenml.db', 'begins with "sqlite"'],
  ['postgresql://zen:pass-word@db/zenml', 'begins with "postgresql"'],
  ['mysql://zen:pass-word@db', 'lacks'],
  ['mysql://db/zenml', 'lacks'],
  ['mysql://zen:pass-word@db/mysql', 'no database for tables of ZenML'],
  ['mysql://zen:pass-word%zz@db/zenml', 'password'],
])('%s is refused without showing the password', (url, message) => {
  const read = () => parseDatabaseUrl(url);
  expect(read).toThrow(DatabaseUrlError);
  expect(read).toThrow(message);
  expect(read).not.toThrow('pass-word');
});
