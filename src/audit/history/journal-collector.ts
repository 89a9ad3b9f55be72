/** Collects a history's lines about deliveries and writes. */
import { categoryUntold } from '../evidence.ts';
import { none } from '../../workload/place.ts';
import { Claims } from './position-claims.ts';
import type { LineOf } from './line-types.ts';
import { newDeliveries, newWritten } from './exceptional-lines.ts';

export class JournalCollector {
  /** One row for consecutive offsets that one consumer got in one epoch. */
  readonly deliveries = newDeliveries();
  readonly written = newWritten();
  /** Offsets at which lines name two messages as delivered, or as written. */
  deliveryConflicts = 0;
  writtenConflicts = 0;
  readonly #consumers = new Map<string, number>();
  /** The row of the latest range, by partition, consumer and epoch. */
  readonly #latest = new Map<string, number>();
  readonly #delivered = new Claims();
  readonly #writtenThere = new Claims();

  addDelivery(
    { partition, offset, consumer, epoch = none }: LineOf<'delivery'>,
    message: number | undefined,
  ): void {
    if (!this.#delivered.agrees(partition, offset, message ?? none)) this.deliveryConflicts += 1;
    const number = this.#consumerNumber(consumer);
    const key = `${partition} ${number} ${epoch}`;
    const row = this.#latest.get(key);
    if (row !== undefined && this.deliveries.get('end', row) === offset) {
      this.deliveries.columns.end.set(row, offset + 1);
      return;
    }
    this.#latest.set(key, this.deliveries.count);
    this.deliveries.push({ partition, first: offset, end: offset + 1, consumer: number, epoch });
  }

  addWritten(
    { partition, offset }: LineOf<'written'>,
    message: number | undefined,
    digest: number,
    category: number | undefined,
  ): void {
    if (!this.#writtenThere.agrees(partition, offset, message ?? none)) this.writtenConflicts += 1;
    this.written.push({
      partition,
      offset,
      message: message ?? none,
      category: category ?? categoryUntold,
      digest,
    });
  }

  /** 0 stands for a consumer without a name. */
  #consumerNumber(consumer: string | number | undefined): number {
    if (consumer === undefined) return 0;
    const name = String(consumer);
    let number = this.#consumers.get(name);
    if (number === undefined) this.#consumers.set(name, (number = this.#consumers.size + 1));
    return number;
  }
}
