import { IncomingMessage } from 'node:http';
import { Socket } from 'node:net';
import type { OperationBody } from '../contract/operation-index.ts';
import { readBody } from './body.ts';

function requestWith(text: string): IncomingMessage {
  const request = new IncomingMessage(new Socket());
  request.push(text);
  request.push(null);
  return request;
}

const FORM = { contentType: 'application/x-www-form-urlencoded', required: true } as OperationBody;

test('an empty field of a form is as good as none', async () => {
  const { value: form } = await readBody(requestWith('username=&password=a+b%26c'), FORM, 100);
  expect(form).toEqual({ password: 'a b&c' });
});

test('a form that is too large is refused', async () => {
  await expect(readBody(requestWith(`password=${'x'.repeat(100)}`), FORM, 100)).rejects.toMatchObject({ status: 413 });
});

test('a client that goes away while it sends is no failure of the server', async () => {
  const request = requestWith('username=a');
  const read = readBody(request, FORM, 100);
  request.destroy(Object.assign(new Error('aborted'), { code: 'ECONNRESET' }));
  await expect(read).rejects.toMatchObject({ status: 400 });
});
