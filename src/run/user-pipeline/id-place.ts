import { usageError } from '../../errors.ts';
import type { OutgoingMessage } from '../../sources/source.ts';
import { addScalarPaths } from '../../values/record-places.ts';
import type { ValuePlace } from '../../values/value-place.ts';

const pathsMax = 1_000;

/** Where a message says its own id: in a header, in its key, or in its value. Throws `usage` if it says it nowhere. */
export function idPlaceIn(message: OutgoingMessage): ValuePlace {
  const { id, key, headers, document } = message;
  const isId = (bytes: Uint8Array | null): boolean =>
    bytes !== null && Buffer.from(bytes).equals(Buffer.from(id));
  const header = headers.find(([, value]) => isId(value));
  if (header !== undefined) return { kind: 'header', name: header[0], text: `header:${header[0]}` };
  const paths = new Map<string, readonly string[]>();
  addScalarPaths(document, paths, pathsMax);
  for (const [text, path] of paths) {
    const value = path.reduce<unknown>((at, name) => (at as Record<string, unknown>)[name], document);
    if (String(value) === id) return { kind: 'json', path, text: `json:${text}` };
  }
  if (isId(key)) return { kind: 'key', text: 'key' };
  throw usageError(
    `Message ${id} does not carry its id: nothing could tell which it is.`,
    'Let make put the id into a header, into the key, or into the value.',
  );
}
