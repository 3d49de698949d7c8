import assert from 'node:assert/strict';
import { test } from 'node:test';
import { deflateRawSync } from 'node:zlib';
import { readZip } from './zip.mjs';

/** A zip archive of one file per name: `a/b` deflated, names that end in `.raw` stored. */
function archiveOf(files) {
  const bodies = [];
  const entries = [];
  let offset = 0;
  for (const [name, text] of Object.entries(files)) {
    const stored = name.endsWith('.raw');
    const packed = stored ? Buffer.from(text) : deflateRawSync(text);
    const header = Buffer.alloc(30);
    header.writeUInt32LE(0x04034b50, 0);
    header.writeUInt16LE(name.length, 26);
    const entry = Buffer.alloc(46);
    entry.writeUInt32LE(0x02014b50, 0);
    entry.writeUInt16LE(stored ? 0 : 8, 10);
    entry.writeUInt32LE(packed.length, 20);
    entry.writeUInt32LE(Buffer.byteLength(text), 24);
    entry.writeUInt16LE(name.length, 28);
    entry.writeUInt32LE(offset, 42);
    const body = Buffer.concat([header, Buffer.from(name), packed]);
    bodies.push(body);
    entries.push(entry, Buffer.from(name));
    offset += body.length;
  }
  const end = Buffer.alloc(22);
  end.writeUInt32LE(0x06054b50, 0);
  end.writeUInt16LE(bodies.length, 10);
  end.writeUInt32LE(offset, 16);
  return Buffer.concat([...bodies, ...entries, end]);
}

test('reads deflated and stored files, and only those that are wanted', () => {
  const archive = archiveOf({ 'ui/index.html': '<html>'.repeat(100), 'ui/logo.raw': 'logo', 'lib/code.py': 'pass' });
  const files = readZip(archive, (name) => name.startsWith('ui/'));
  assert.deepEqual(
    files.map(({ name, content }) => [name, content.toString()]),
    [
      ['ui/index.html', '<html>'.repeat(100)],
      ['ui/logo.raw', 'logo'],
    ],
  );
});

test('refuses what is no archive, and a file of another size than announced', () => {
  assert.throws(() => readZip(Buffer.from('not an archive'), () => true), /not a zip archive/);
  const archive = archiveOf({ 'a.raw': 'four' });
  archive.writeUInt32LE(9, archive.indexOf(Buffer.from([0x50, 0x4b, 0x01, 0x02])) + 24);
  assert.throws(() => readZip(archive, () => true), /a\.raw: 4 bytes instead of 9/);
});
