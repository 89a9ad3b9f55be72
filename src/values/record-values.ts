/** Reads the values at some places of Kafka's records. */
import { usageError } from '../errors.ts';
import type { RecordBatch } from '../kafka/record-batch/record-batch.ts';
import { JsonValues, type JsonKind } from './json-values.ts';
import type { ValuePlace } from './value-place.ts';
import type { ValueBatchBuilder } from './value-batch.ts';

export class RecordValues {
  readonly #places: readonly ValuePlace[];
  readonly #headers: Buffer[] = [];
  readonly #spans: Int32Array;
  readonly #json: JsonValues | undefined;
  /** By place: its index among the headers, or among the paths. */
  readonly #indexes: number[];

  /** Throws `usage` for a place that records do not have. `option` names it in the message. */
  constructor(places: readonly ValuePlace[], optionOf: (place: ValuePlace) => string) {
    this.#places = places;
    const paths: (readonly string[])[] = [];
    this.#indexes = places.map((place) => {
      if (place.kind === 'header') return this.#headers.push(Buffer.from(place.name)) - 1;
      if (place.kind === 'json') return paths.push(place.path) - 1;
      if (place.kind !== 'column') return 0;
      throw usageError(
        `${optionOf(place)} ${place.text}: records of a topic have no columns.`,
        'Write header:NAME, key, json:PATH or digest.',
      );
    });
    this.#spans = new Int32Array(2 * this.#headers.length);
    this.#json = paths.length > 0 ? new JsonValues(paths) : undefined;
  }

  /** Adds the values of record `i`, one for each place. Returns false if its value should be JSON, and is not. */
  add(batch: RecordBatch, i: number, builder: ValueBatchBuilder): boolean {
    const { bytes } = batch;
    const isJson = this.#read(batch, i);
    for (let place = 0; place < this.#places.length; place++) {
      const index = this.#indexes[place]!;
      switch (this.#places[place]!.kind) {
        case 'header': {
          const start = this.#spans[2 * index]!;
          if (start < 0) builder.addNull();
          else builder.addBytes(bytes, start, this.#spans[2 * index + 1]!);
          break;
        }
        case 'json':
          if (isJson) this.#json!.add(index, builder);
          else builder.addNull();
          break;
        case 'key':
          if (batch.keyStart[i]! < 0) builder.addNull();
          else builder.addBytes(bytes, batch.keyStart[i]!, batch.keyEnd[i]!);
          break;
        case 'presence':
          if (batch.valueStart[i]! < 0) builder.addNull();
          else builder.addBytes(bytes, 0, 0);
          break;
        case 'digest':
        case 'column':
          if (batch.valueStart[i]! < 0) builder.addNull();
          else builder.addBytes(bytes, batch.valueStart[i]!, batch.valueEnd[i]!);
      }
    }
    return isJson || this.#json === undefined || batch.valueStart[i]! < 0;
  }

  /** What record `i` has at a JSON place. To be called after `add`. */
  jsonKindOf(place: number): JsonKind {
    return this.#json!.kindOf(this.#indexes[place]!);
  }

  #read(batch: RecordBatch, i: number): boolean {
    if (this.#headers.length > 0) batch.findHeaders(i, this.#headers, this.#spans);
    if (this.#json === undefined || batch.valueStart[i]! < 0) return false;
    return this.#json.read(batch.bytes, batch.valueStart[i]!, batch.valueEnd[i]!);
  }
}
