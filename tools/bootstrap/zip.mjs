import { inflateRawSync } from 'node:zlib';

const endOfDirectory = 0x06054b50;
const directoryEntry = 0x02014b50;
const stored = 0;
const deflated = 8;

/**
 * The files of a zip archive whose names pass the test. Enough of the format for a Python wheel: no encryption, no
 * zip64, one disk (PKWARE APPNOTE 4.3).
 * @param {Buffer} archive
 * @param {(name: string) => boolean} wanted
 * @returns {{name: string, content: Buffer}[]}
 */
export function readZip(archive, wanted) {
  const end = archive.lastIndexOf(Buffer.from([0x50, 0x4b, 0x05, 0x06]));
  if (end < 0 || archive.readUInt32LE(end) !== endOfDirectory) throw new Error('not a zip archive');
  const count = archive.readUInt16LE(end + 10);
  let position = archive.readUInt32LE(end + 16);
  const files = [];
  for (let index = 0; index < count; index++) {
    if (archive.readUInt32LE(position) !== directoryEntry) throw new Error('damaged zip archive');
    const nameLength = archive.readUInt16LE(position + 28);
    const name = archive.toString('utf8', position + 46, position + 46 + nameLength);
    if (!name.endsWith('/') && wanted(name)) files.push({ name, content: readEntry(archive, position, name) });
    position += 46 + nameLength + archive.readUInt16LE(position + 30) + archive.readUInt16LE(position + 32);
  }
  return files;
}

function readEntry(archive, entry, name) {
  const method = archive.readUInt16LE(entry + 10);
  const packed = archive.readUInt32LE(entry + 20);
  const size = archive.readUInt32LE(entry + 24);
  const header = archive.readUInt32LE(entry + 42);
  const start = header + 30 + archive.readUInt16LE(header + 26) + archive.readUInt16LE(header + 28);
  const bytes = archive.subarray(start, start + packed);
  if (method !== stored && method !== deflated) throw new Error(`${name}: unknown compression ${method}`);
  const content = method === stored ? bytes : inflateRawSync(bytes);
  if (content.length !== size) throw new Error(`${name}: ${content.length} bytes instead of ${size}`);
  return content;
}
