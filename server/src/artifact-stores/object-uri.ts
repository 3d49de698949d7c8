/** An object of a bucket. */
export interface ObjectName {
  readonly bucket: string;
  /** Without a slash in front. */
  readonly key: string;
}

/** Takes `s3://bucket/some/key` apart. @throws TypeError where it is no such URI */
export function parseObjectUri(scheme: 's3' | 'gs', uri: string): ObjectName {
  const match = new RegExp(`^${scheme}://([^/]+)/?(.*)$`, 's').exec(uri);
  if (!match) throw new TypeError(`${uri} is no ${scheme}:// URI`);
  return { bucket: match[1] ?? '', key: (match[2] ?? '').replace(/^\/+/, '') };
}

/** What the keys below a directory begin with; empty for the whole bucket. */
export function prefixBelow(key: string): string {
  const trimmed = key.replace(/\/+$/, '');
  return trimmed === '' ? '' : `${trimmed}/`;
}
