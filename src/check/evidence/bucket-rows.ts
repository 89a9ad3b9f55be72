import { untold, type StoreBatch } from '../../audit/evidence.ts';
import { none } from '../../workload/place.ts';

/** Gathers up to `max` rows of a bucket. They have no positions. */
export class RowColumns {
  #count = 0;
  readonly #message: Int32Array;
  readonly #category: Uint16Array;
  readonly #content: Int32Array;
  readonly #key: Int32Array;

  constructor(max: number) {
    this.#message = new Int32Array(max);
    this.#category = new Uint16Array(max);
    this.#content = new Int32Array(max);
    this.#key = new Int32Array(max);
  }

  add(message: number, category: number, content: number, key: number = untold): void {
    this.#message[this.#count] = message;
    this.#category[this.#count] = category;
    this.#key[this.#count] = key;
    this.#content[this.#count++] = content;
  }

  batch(): StoreBatch {
    const count = this.#count;
    return {
      count,
      message: this.#message.subarray(0, count),
      category: this.#category.subarray(0, count),
      partition: new Int32Array(count).fill(none),
      offset: new Float64Array(count).fill(none),
      content: this.#content.subarray(0, count),
      key: this.#key.subarray(0, count),
    };
  }
}
