/** Reads the values at some places of Kafka's records. */
import { usageError } from '../errors.ts';
import type { RecordBatch } from '../kafka/record-batch/record-batch.ts';
import { JsonValues, type JsonKind } from './json-values.ts';
import type { ValuePlace } from './value-place.ts';
import { ValueBatchBuilder, type ValueBatch } from './value-batch.ts';

export class RecordValues {
  readonly #places: readonly ValuePlace[];
  readonly #headers: Buffer[] = [];
  readonly #spans: Int32Array;
  readonly #json: JsonValues | undefined;
  /** By place: its index among the headers, or among the paths. */
  readonly #indexes: number[];
  /** The values of the last record, where they lie in it. */
  readonly #found: ValueBatch;
  readonly #rewritten: ValueBatchBuilder;
  #isNotJson = false;

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
    const width = places.length;
    const [start, end] = [new Int32Array(width), new Int32Array(width)];
    this.#found = { count: 1, width, bytes: Buffer.alloc(0), start, end };
    this.#rewritten = new ValueBatchBuilder(width);
  }

  /** Whether the value of the last record should be JSON, and is not. */
  get isNotJson(): boolean {
    return this.#isNotJson;
  }

  /** The values of record `i`, one for each place: a batch of one row, which is valid until the next call. */
  of(batch: RecordBatch, i: number): ValueBatch {
    this.#find(batch, i);
    if (this.#json?.hasEscaped !== true) return this.#found;
    this.#addTo(this.#rewritten);
    return this.#rewritten.take();
  }

  /** Adds the values of record `i` to those of others. */
  add(batch: RecordBatch, i: number, builder: ValueBatchBuilder): void {
    this.#find(batch, i);
    this.#addTo(builder);
  }

  /** What the last record has at a JSON place. */
  jsonKindOf(place: number): JsonKind {
    return this.#json!.kindOf(this.#indexes[place]!);
  }

  #addTo(builder: ValueBatchBuilder): void {
    const { bytes, start, end, width } = this.#found;
    for (let place = 0; place < width; place++) {
      if (start[place]! < 0) builder.addNull();
      else if (this.#places[place]!.kind === 'json') this.#json!.add(this.#indexes[place]!, builder);
      else builder.addBytes(bytes, start[place]!, end[place]!);
    }
  }

  #find(batch: RecordBatch, i: number): void {
    const found = this.#found;
    const { start, end } = found;
    const [valueStart, valueEnd] = [batch.valueStart[i]!, batch.valueEnd[i]!];
    found.bytes = batch.bytes;
    if (this.#headers.length > 0) batch.findHeaders(i, this.#headers, this.#spans);
    const json = this.#json;
    const isJson = json !== undefined && valueStart >= 0 && json.read(batch.bytes, valueStart, valueEnd);
    this.#isNotJson = json !== undefined && valueStart >= 0 && !isJson;
    for (let place = 0; place < found.width; place++) {
      const index = this.#indexes[place]!;
      switch (this.#places[place]!.kind) {
        case 'header':
          start[place] = this.#spans[2 * index]!;
          end[place] = this.#spans[2 * index + 1]!;
          break;
        case 'json':
          start[place] = isJson ? json.startOf(index) : -1;
          end[place] = isJson ? json.endOf(index) : -1;
          break;
        case 'key':
          start[place] = batch.keyStart[i]!;
          end[place] = batch.keyEnd[i]!;
          break;
        case 'presence':
          start[place] = valueStart;
          end[place] = valueStart;
          break;
        case 'digest':
        case 'column':
          start[place] = valueStart;
          end[place] = valueEnd;
      }
    }
  }
}
