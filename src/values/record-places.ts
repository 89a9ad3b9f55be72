/** Finds which places the records of a topic have: key, headers, and scalar members of their JSON. */
import type { RecordBatch } from '../kafka/record-batch/record-batch.ts';
import { JsonValues } from './json-values.ts';
import { pathText, type ValuePlace } from './value-place.ts';

/** Members of documents that lie deeper are not looked at. */
export const pathDepthMax = 4;
const headersMax = 30;
const pathsMax = 100;
/** Larger values are not parsed. */
const documentBytesMax = 1024 * 1024;

export class PlacesOfRecords {
  readonly #headers = new Set<string>();
  readonly #paths = new Map<string, readonly string[]>();
  readonly #checker = new JsonValues([]);
  #hasKeys = false;

  look(batch: RecordBatch, i: number): void {
    this.#hasKeys ||= batch.keyStart[i]! >= 0;
    for (const [name, value] of batch.headers(i)) {
      if (value !== null && name !== '' && this.#headers.size < headersMax) this.#headers.add(name);
    }
    const [start, end] = [batch.valueStart[i]!, batch.valueEnd[i]!];
    if (start < 0 || end - start > documentBytesMax) return;
    if (!this.#checker.read(batch.bytes, start, end)) return;
    addScalarPaths(JSON.parse(batch.bytes.toString('utf8', start, end)), this.#paths, pathsMax);
  }

  /** Headers first, then the members of documents, then the key: in each group as they first occur. */
  places(): ValuePlace[] {
    return [
      ...[...this.#headers].map((name): ValuePlace => ({ kind: 'header', name, text: `header:${name}` })),
      ...[...this.#paths].map(([text, path]): ValuePlace => ({ kind: 'json', path, text: `json:${text}` })),
      ...(this.#hasKeys ? [{ kind: 'key', text: 'key' } as const] : []),
    ];
  }
}

/** Adds the paths to texts, numbers and booleans of a document, by their text, until there are `max`. */
export function addScalarPaths(document: unknown, paths: Map<string, readonly string[]>, max: number): void {
  for (const [path, value] of membersOf(document, pathDepthMax)) {
    if (typeof value !== 'object' && paths.size < max) paths.set(pathText(path), path);
  }
}

/** The members of a document with their paths, down to those that are no objects, or that lie `depthMax` deep. */
export function* membersOf(
  value: unknown,
  depthMax: number,
  path: readonly string[] = [],
): Generator<[path: readonly string[], value: unknown]> {
  if (typeof value === 'object' && value !== null && !Array.isArray(value) && path.length < depthMax) {
    for (const [name, member] of Object.entries(value)) {
      if (name !== '') yield* membersOf(member, depthMax, [...path, name]);
    }
  } else if (path.length > 0) {
    yield [path, value];
  }
}
