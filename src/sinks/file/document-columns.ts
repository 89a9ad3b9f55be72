/** The places that a sample of JSON documents has. */
import { membersOf } from '../../values/record-places.ts';
import { pathText } from '../../values/value-place.ts';
import type { SinkColumn } from '../sink.ts';

const columnsMax = 200;
const depthMax = 8;

/** In the order in which they first occur. An array counts as a whole. */
export function documentColumns(documents: readonly unknown[]): SinkColumn[] {
  const types = new Map<string, string>();
  for (const [path, value] of documents.flatMap((document) => [...membersOf(document, depthMax)])) {
    const place = pathText(path);
    const known = types.get(place);
    if (known === undefined ? types.size < columnsMax : known === 'null') types.set(place, typeOf(value));
  }
  return [...types].map(([path, type]) => ({ place: `json:${path}`, type, kind: 'json' }));
}

function typeOf(value: unknown): string {
  if (value === null) return 'null';
  if (typeof value === 'string') return 'text';
  if (Array.isArray(value)) return 'array';
  return typeof value;
}
