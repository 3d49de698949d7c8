import { toErrorResponse } from './error-response.ts';

const byDatabase = (errno: number, message: string) => Object.assign(new Error(message), { errno });

test.each([
  ['a value that is too long', byDatabase(1406, "Data too long for column 'name' at row 1"), 400, 'ValueError'],
  ['a reference to what is gone', byDatabase(1452, 'Cannot add or update a child row'), 404, 'KeyError'],
  ['a key that is taken', byDatabase(1062, "Duplicate entry 'a' for key 'PRIMARY'"), 409, 'EntityExistsError'],
  ['anything else', byDatabase(1064, 'You have an error in your SQL syntax'), 500, 'RuntimeError'],
])('The database refuses %s', (_what, error, status, name) => {
  const response = toErrorResponse(error);
  expect(response).toMatchObject({ status, body: { detail: [name, expect.any(String)] }, unexpected: status === 500 });
  expect(JSON.stringify(response.body)).not.toContain(error.message);
});
