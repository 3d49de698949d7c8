/*
 * Headers of archives (POSIX.1-2001 `pax`). Contents go between them as they are read.
 */

const BLOCK = 512;
/** How long a name may be in a plain header. */
const NAME_BYTES = 100;
/** The largest size that eleven octal digits hold. */
const LARGEST = 8 ** 11 - 1;

/** A file's header. @param name relative, with slashes @param size bytes */
export function tarFile(name: string, size: number): Buffer {
  return header(name, size, '0');
}

/** A directory's header. */
export function tarDirectory(name: string): Buffer {
  return header(`${name}/`, 0, '5');
}

/** What follows the content of a file, up to the next block. */
export function tarPadding(size: number): Buffer {
  return Buffer.alloc((BLOCK - (size % BLOCK)) % BLOCK);
}

/** What an archive ends with. */
export const TAR_END = Buffer.alloc(2 * BLOCK);

function header(name: string, size: number, type: '0' | '5'): Buffer {
  const records = [
    ...(Buffer.byteLength(name) > NAME_BYTES ? [['path', name] as const] : []),
    ...(size > LARGEST ? [['size', String(size)] as const] : []),
  ];
  const plain = block(name, Math.min(size, LARGEST), type);
  if (records.length === 0) return plain;
  const text = Buffer.from(records.map(([key, value]) => record(key, value)).join(''), 'utf8');
  return Buffer.concat([block('PaxHeader', text.length, 'x'), text, tarPadding(text.length), plain]);
}

function record(key: string, value: string): string {
  const rest = ` ${key}=${value}\n`;
  let length = Buffer.byteLength(rest);
  // The length counts its own digits.
  while (String(length).length + Buffer.byteLength(rest) !== length) {
    length = String(length).length + Buffer.byteLength(rest);
  }
  return `${length}${rest}`;
}

function block(name: string, size: number, type: '0' | '5' | 'x'): Buffer {
  const bytes = Buffer.alloc(BLOCK);
  Buffer.from(name, 'utf8').copy(bytes, 0, 0, NAME_BYTES);
  bytes.write(type === '5' ? '0000755\0' : '0000644\0', 100, 'latin1');
  bytes.write('0000000\0'.repeat(2), 108, 'latin1');
  bytes.write(`${size.toString(8).padStart(11, '0')}\0`, 124, 'latin1');
  bytes.write('00000000000\0', 136, 'latin1');
  bytes.write(`        ${type}`, 148, 'latin1');
  bytes.write('ustar\u000000', 257, 'latin1');
  const sum = bytes.reduce((total, byte) => total + byte, 0);
  bytes.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148, 'latin1');
  return bytes;
}
