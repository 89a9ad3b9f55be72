/**
 * Defects of a consumer and its store, planted on purpose: see sabotage.ts. This store lies below the journal, which
 * therefore records a sabotaged write like any other.
 */
import { DatabaseSync } from 'node:sqlite';
import type { ConsumerGroup } from '../../kafka/client/consumer-group.ts';
import { storeFileOf } from '../../stores/engines.ts';
import {
  RowBatch,
  type Advance,
  type ClaimedTopic,
  type DeadLetter,
  type RowValues,
  type Store,
  type StoredOffset,
} from '../../stores/store.ts';
import { tablesIn } from '../../stores/sqlite/schema.ts';
import { quoted } from '../../stores/table-names.ts';
import { messageId, producerName } from '../../workload/workload.ts';
import { faraway, tellSabotage, type Sabotage, type SabotageKind } from './sabotage.ts';

/** The consumer in which a defect is planted. */
export interface SabotagedConsumer {
  run: string;
  categories: readonly string[];
  store: string;
  group: ConsumerGroup;
  /** The group's committed offsets by partition. */
  commits: () => Promise<ReadonlyMap<number, number>>;
  /** The topic's end offsets by partition. */
  ends: () => Promise<ReadonlyMap<number, number>>;
}

/** Kinds that kill the consumer after the write. */
const deadly: readonly SabotageKind[] = ['commit-before-store', 'half-batch'];
const claiming: readonly SabotageKind[] = ['skip-to-end', 'trust-group', 'off-by-one'];

export class SabotagedStore implements Store {
  readonly #store: Store;
  readonly #sabotage: Sabotage;
  readonly #consumer: SabotagedConsumer;
  #claims = 0;
  #deadLetters = 0;
  /** A row waits to be stored with the next batch. */
  #hasHole = false;

  constructor(store: Store, sabotage: Sabotage, consumer: SabotagedConsumer) {
    this.#store = store;
    this.#sabotage = sabotage;
    this.#consumer = consumer;
  }

  async claim(topic: ClaimedTopic, begin: ReadonlyMap<number, number>): Promise<Map<number, StoredOffset>> {
    const claims = await this.#store.claim(topic, begin);
    const { kind, sequence } = this.#sabotage;
    if (!claiming.includes(kind) || this.#claims++ !== sequence) return claims;
    const advances: Advance[] = [];
    for (const [partition, to] of await this.#whereToGoOn(claims, begin)) {
      const { next, epoch } = claims.get(partition)!;
      if (to <= next) continue;
      advances.push({ partition, from: next, next: to, epoch });
      claims.set(partition, { next: to, epoch });
    }
    if (advances.length === 0) return claims;
    await this.#store.write(topic.topicId, new RowBatch(), advances);
    tellSabotage(this.#sabotage);
    return claims;
  }

  offsets(topicId: string): Promise<Map<number, StoredOffset>> {
    return this.#store.offsets(topicId);
  }

  close(): Promise<void> {
    return this.#store.close();
  }

  async write(topicId: string, batch: RowBatch, advances: readonly Advance[]): Promise<void> {
    const { kind, sequence } = this.#sabotage;
    const { group, categories, store: location } = this.#consumer;
    if (this.#hasHole) die();
    const row = kind === 'drop-dead-letter' ? this.#deadLetterIn(batch) : this.#rowOf(batch, sequence);
    if (row === -1) return await this.#store.write(topicId, batch, advances);
    if (kind === 'stall') {
      tellSabotage(this.#sabotage);
      await new Promise(() => undefined);
    }
    if (kind === 'commit-before-store') {
      await group.commit(advances.map(({ partition, next }) => ({ partition, offset: next })));
      tellSabotage(this.#sabotage);
      die();
    }
    const [partition, offset, category] = [batch.partition[row]!, batch.offset[row]!, batch.category[row]!];
    this.#spoil(batch, row);
    this.#hasHole = kind === 'hole';
    await this.#store.write(topicId, batch, advances);
    if (kind === 'delete-after-store') {
      deleteRow(location, categories[category]!, [topicId, partition, offset]);
      tellSabotage(this.#sabotage);
    }
    if (deadly.includes(kind)) die();
  }

  async #whereToGoOn(
    claims: ReadonlyMap<number, StoredOffset>,
    begin: ReadonlyMap<number, number>,
  ): Promise<ReadonlyMap<number, number>> {
    const ends = await this.#consumer.ends();
    if (this.#sabotage.kind === 'skip-to-end') return ends;
    const isBegun = ([partition, { next }]: [number, StoredOffset]): boolean => next > begin.get(partition)!;
    if (this.#sabotage.kind === 'off-by-one') {
      return new Map([...claims].filter(isBegun).map(([partition, { next }]) => [partition, next + 1]));
    }
    const commits = await this.#consumer.commits();
    return new Map([...ends].map(([partition, end]) => [partition, commits.get(partition) ?? end]));
  }

  #rowOf(batch: RowBatch, sequence: number): number {
    for (let row = 0; row < batch.count; row++) {
      if (batch.sequence[row] !== sequence || batch.textAt(batch.run[row]!) !== this.#consumer.run) continue;
      if (batch.textAt(batch.producer[row]!) === producerName(0)) return row;
    }
    return -1;
  }

  #deadLetterIn({ deadLetters }: RowBatch): number {
    const index = this.#sabotage.sequence - this.#deadLetters;
    this.#deadLetters += deadLetters.length;
    return index >= 0 && index < deadLetters.length ? index : -1;
  }

  /** Changes the batch if the kind alters rows. In place, since the journal above records the batch itself. */
  #spoil(batch: RowBatch, row: number): void {
    const { kind } = this.#sabotage;
    const rows = batch.allValues();
    const deadLetters = [...batch.deadLetters];
    if (kind === 'drop-dead-letter') deadLetters.splice(row, 1);
    else if (kind === 'dead-letter') deadLetters.push(asDeadLetter(rows.splice(row, 1)[0]!));
    else if (!spoilRows(rows, row, kind, this.#consumer.categories.length)) return;
    batch.clear();
    for (const values of rows) batch.add(values);
    batch.deadLetters.push(...deadLetters);
    tellSabotage(this.#sabotage);
  }
}

const asDeadLetter = ({ partition, offset, key, payload }: RowValues): DeadLetter => ({
  partition,
  offset,
  key,
  payload,
  headers: null,
  reason: 'sabotage',
});

function die(): never {
  process.kill(process.pid, 'SIGKILL');
  throw new Error('killed');
}

/** False if the kind alters no rows, or cannot alter these. */
function spoilRows(rows: RowValues[], row: number, kind: SabotageKind, categories: number): boolean {
  const values = rows[row]!;
  const elsewhere = (values.category + 1) % categories;
  if (kind === 'drop-before-store' || kind === 'hole') {
    rows.splice(row, 1);
  } else if (kind === 'half-batch') {
    rows.splice(row);
  } else if (kind === 'double') {
    rows.push({ ...values, category: elsewhere });
  } else if (kind === 'misroute') {
    values.category = elsewhere;
  } else if (kind === 'flip-byte') {
    // Copy it: the payload is a view of the fetched bytes.
    const payload = Buffer.from(values.payload!);
    payload[payload.length >> 1]! ^= 1;
    values.payload = payload;
  } else if (kind === 'stale-upsert') {
    const other = rows[row - 1] ?? rows[row + 1];
    if (other === undefined) return false;
    values.payload = other.payload;
  } else if (kind === 'invent') {
    const invented = values.sequence! + faraway;
    rows.push({
      ...values,
      offset: values.offset + faraway,
      sequence: invented,
      id: messageId(0, invented),
    });
  } else {
    return false;
  }
  return true;
}

function deleteRow(location: string, category: string, position: [string, number, number]): void {
  const database = new DatabaseSync(storeFileOf(location)!);
  const table = tablesIn(database).get(category)!;
  database
    .prepare(`DELETE FROM ${quoted(table)} WHERE topic_id = ? AND partition = ? AND "offset" = ?`)
    .run(...position);
  database.close();
}
