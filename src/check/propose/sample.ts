/** A few records or rows in columns: what stands at each place. */
import { Normaliser, type Form } from '../../values/normal-form.ts';
import type { ValueBatch, ValueKind } from '../../values/value-batch.ts';
import type { ValuePlace } from '../../values/value-place.ts';

/** A longer value is cut. It is no id, and only its beginning is shown. */
const valueBytesMax = 1024;

/** A value: its bytes, each as one character. null: NULL or absent. */
export type SampledValue = string | null;

export class Sample {
  readonly places: readonly ValuePlace[];
  /** By place. Those of records are known once all have been added. */
  kinds: readonly ValueKind[];
  /** The values by place. */
  readonly columns: readonly SampledValue[][];
  readonly #normals = new Map<string, readonly SampledValue[]>();
  #count = 0;

  constructor(places: readonly ValuePlace[], kinds: readonly ValueKind[] = []) {
    this.places = places;
    this.kinds = kinds;
    this.columns = places.map(() => []);
  }

  get count(): number {
    return this.#count;
  }

  /** Adds a row of a batch, whose values stand in the order of the places. */
  add({ bytes, start, end, width }: ValueBatch, row: number): void {
    for (const [index, column] of this.columns.entries()) {
      const at = row * width + index;
      const from = start[at]!;
      column.push(from < 0 ? null : bytes.toString('latin1', from, Math.min(end[at]!, from + valueBytesMax)));
    }
    this.#count += 1;
  }

  /** The values at a place in a normal form. To be called once all have been added. */
  normal(place: number, form: Form): readonly SampledValue[] {
    const name = `${place} ${form}`;
    let values = this.#normals.get(name);
    if (values === undefined) {
      values = this.columns[place]!.map((value) => (value === null ? null : normalForm(form, value)));
      this.#normals.set(name, values);
    }
    return values;
  }
}

const normaliser = new Normaliser();

export function normalForm(form: Form, value: string): string {
  const bytes = Buffer.from(value, 'latin1');
  normaliser.normalise(form, bytes, 0, bytes.length);
  const { bytes: normal, start, end } = normaliser;
  return Buffer.from(normal.buffer, normal.byteOffset + start, end - start).toString('latin1');
}

/** The text that the bytes of a value stand for. */
export const textOf = (value: string): string => Buffer.from(value, 'latin1').toString('utf8');
