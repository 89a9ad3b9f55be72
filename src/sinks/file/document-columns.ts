/** The places that a sample of JSON documents has. */
import { pathText } from '../../values/value-place.ts';
import type { SinkColumn } from '../sink.ts';

const columnsMax = 200;
const depthMax = 8;

/** In the order in which they first occur. An array counts as a whole. */
export function documentColumns(documents: readonly unknown[]): SinkColumn[] {
  const types = new Map<string, string>();
  const note = (value: unknown, path: readonly string[]): void => {
    if (typeof value === 'object' && value !== null && !Array.isArray(value) && path.length < depthMax) {
      for (const [name, member] of Object.entries(value)) if (name !== '') note(member, [...path, name]);
    } else if (path.length > 0) {
      const place = pathText(path);
      const type = typeOf(value);
      const known = types.get(place);
      if (known === undefined ? types.size < columnsMax : known === 'null') types.set(place, type);
    }
  };
  for (const document of documents) note(document, []);
  return [...types].map(([path, type]) => ({ place: `json:${path}`, type, kind: 'json' }));
}

function typeOf(value: unknown): string {
  if (value === null) return 'null';
  if (typeof value === 'string') return 'text';
  if (Array.isArray(value)) return 'array';
  return typeof value;
}
