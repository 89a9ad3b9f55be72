/** The lines that differ from the kept values of their message, or have no message. Columns, one row for each line. */
import { NumberColumn } from '../number-column.ts';

/** Rows of numbers, by column name. */
export class Rows<Name extends string> {
  readonly columns: Record<Name, NumberColumn>;
  readonly #entries: [Name, NumberColumn][];

  constructor(kinds: Record<Name, ConstructorParameters<typeof NumberColumn>[0]>) {
    this.#entries = (Object.keys(kinds) as Name[]).map((name) => [name, new NumberColumn(kinds[name])]);
    this.columns = Object.fromEntries(this.#entries) as Record<Name, NumberColumn>;
  }

  get count(): number {
    return this.#entries[0]![1].length;
  }

  push(row: Record<Name, number>): void {
    for (const [name, column] of this.#entries) column.push(row[name]);
  }

  get(name: Name, row: number): number {
    return this.columns[name].get(row);
  }
}

/** `transaction`: its number, from 1; 0 for none. */
export const newAttempts = () =>
  new Rows({
    message: 'i32',
    outcome: 'u8',
    partition: 'i32',
    offset: 'f64',
    transaction: 'i32',
  } as const);
/** Origins of attempts other than the one that is kept for their message. */
export const newOrigins = () => new Rows({ message: 'i32', origin: 'i32', sequence: 'f64' } as const);
/** `producer`, `session` and `sequence` are `none` if the line does not have them. */
export const newRecords = () =>
  new Rows({
    message: 'i32',
    partition: 'i32',
    offset: 'f64',
    producer: 'i32',
    session: 'f64',
    sequence: 'f64',
    digest: 'i32',
    key: 'i32',
    flags: 'u8',
  } as const);
export const newStored = () =>
  new Rows({
    message: 'i32',
    category: 'u16',
    partition: 'i32',
    offset: 'f64',
    digest: 'i32',
    key: 'i32',
  } as const);
export const newDeliveries = () =>
  new Rows({ partition: 'i32', first: 'f64', end: 'f64', consumer: 'i32', epoch: 'i32' } as const);
export const newWritten = () =>
  new Rows({ partition: 'i32', offset: 'f64', message: 'i32', category: 'u16', digest: 'i32' } as const);
