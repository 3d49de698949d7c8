import { createValueCipher } from './value-cipher.ts';

/** Made by sqlalchemy-utils' AesGcmEngine under the key 'key', from the text {"a": "b"}. */
const STORED_BY_REFERENCE = '/rScsqly1IlC+Ny7yyl+1Lc6aeCc1IANVTt5j4+PYN56ZwjBPXQ=';

describe('value cipher', () => {
  test('reads what the reference has stored', () => {
    expect(createValueCipher('key').decode(STORED_BY_REFERENCE)).toBe('{"a": "b"}');
  });

  test.each([undefined, 'key'])('gives back what it stored, with key %s', (key) => {
    const cipher = createValueCipher(key);
    expect(cipher.decode(cipher.encode('{"ä": "😀"}'))).toBe('{"ä": "😀"}');
  });

  test('never stores the same text twice alike', () => {
    const cipher = createValueCipher('key');
    expect(cipher.encode('x')).not.toBe(cipher.encode('x'));
  });

  test.each([
    ['another key', () => createValueCipher('other').decode(STORED_BY_REFERENCE)],
    ['damaged data', () => createValueCipher('key').decode(`${STORED_BY_REFERENCE.slice(0, -4)}AAA=`)],
    ['too short data', () => createValueCipher('key').decode('AAAA')],
  ])('refuses %s', (_title, decode) => {
    expect(decode).toThrow();
  });
});
