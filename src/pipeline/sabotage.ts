/**
 * Sabotage: one defect, planted in our own processes, to show on a live run that the audit finds it. Off
 * unless the environment says so, for tests of nodrop itself: `NODROP_SABOTAGE=KIND:N` concerns message N
 * of producer p0. It is read once; what it cannot be is wrong usage. Each kind of the store's or of the
 * consumer's is planted below the journal, which then notes, as ever, what was handed to the store.
 *
 *   drop-before-store     the row is left out
 *   double                the row goes into two categories
 *   misroute              the row goes into another category
 *   flip-byte             a bit of the row's payload is turned over
 *   invent                a row of a message that nobody planned goes with it
 *   commit-before-store   the group's commit goes first, then the consumer is killed
 *   delete-after-store    the row vanishes once the database has committed (SQLite alone)
 *   claim-ack             the record batch that holds it is not sent, and counts as acked
 */
import { DatabaseSync } from 'node:sqlite';
import { usageError } from '../errors.ts';
import { none } from '../history.ts';
import type { ConsumerGroup } from '../kafka/consumer-group.ts';
import type { Addressed, Producer } from '../kafka/produce.ts';
import { decodeRecordBatches } from '../kafka/record-batch.ts';
import { noOrigin, readOrigin } from '../record-headers.ts';
import { quoted, tableOf } from '../stores/table-names.ts';
import { sqlitePathOf } from '../stores/open-store.ts';
import type { RowBatch, RowValues, Store } from '../stores/store.ts';
import { messageId, producerName } from '../workload.ts';

const kinds = [
  'drop-before-store',
  'double',
  'misroute',
  'flip-byte',
  'invent',
  'commit-before-store',
  'delete-after-store',
  'claim-ack',
] as const;

export interface Sabotage {
  kind: (typeof kinds)[number];
  sequence: number;
}

const variable = 'NODROP_SABOTAGE';
/** Far from any message and any offset of a test's. */
const faraway = 1_000_000;

/** Throws `usage` for a value that is no sabotage. */
export function sabotageFromEnvironment(value = process.env[variable]): Sabotage | undefined {
  if (value === undefined) return undefined;
  const [, name, sequence] = /^([a-z-]+):(0|[1-9]\d{0,8})$/.exec(value) ?? [];
  const kind = kinds.find((known) => known === name);
  if (kind === undefined) {
    throw usageError(`${variable} takes KIND:N, not '${value}'.`, `The kinds: ${kinds.join(', ')}.`);
  }
  process.stderr.write(`${variable} plants a defect: ${value}\n`);
  return { kind, sequence: Number(sequence) };
}

/** Where a defect of the consumer is planted. */
export interface SabotagedConsumer {
  run: string;
  states: readonly string[];
  store: string;
  group: ConsumerGroup;
}

export function sabotagedStore(
  store: Store,
  { kind, sequence }: Sabotage,
  { run, states, store: location, group }: SabotagedConsumer,
): Store {
  return {
    claim: (topic, begin) => store.claim(topic, begin),
    offsets: (topicId) => store.offsets(topicId),
    close: () => store.close(),
    write: async (topicId, batch, advances) => {
      const row = rowOfMessage(batch, run, sequence);
      if (row !== -1 && kind === 'commit-before-store') {
        await group.commit(advances.map(({ partition, next }) => ({ partition, offset: next })));
        process.kill(process.pid, 'SIGKILL');
      }
      const [partition, offset, category] = [batch.partition[row]!, batch.offset[row]!, batch.category[row]!];
      if (row !== -1) spoilBatch(batch, row, kind, states.length);
      await store.write(topicId, batch, advances);
      if (row !== -1 && kind === 'delete-after-store') {
        deleteRow(location, states[category]!, [topicId, partition, offset]);
      }
    },
  };
}

function rowOfMessage(batch: RowBatch, run: string, sequence: number): number {
  for (let row = 0; row < batch.count; row++) {
    if (batch.sequence[row] !== sequence || batch.textAt(batch.run[row]!) !== run) continue;
    if (batch.textAt(batch.producer[row]!) === producerName(0)) return row;
  }
  return -1;
}

/** In place: the journal above is to note what the store was handed. */
function spoilBatch(batch: RowBatch, row: number, kind: Sabotage['kind'], categories: number): void {
  const rows = batch.allValues();
  const deadLetters = [...batch.deadLetters];
  spoil(rows, row, kind, categories);
  batch.clear();
  for (const values of rows) batch.add(values);
  batch.deadLetters.push(...deadLetters);
}

function spoil(rows: RowValues[], row: number, kind: Sabotage['kind'], categories: number): void {
  const values = rows[row]!;
  const elsewhere = (values.category + 1) % categories;
  if (kind === 'drop-before-store') {
    rows.splice(row, 1);
  } else if (kind === 'double') {
    rows.push({ ...values, category: elsewhere });
  } else if (kind === 'misroute') {
    values.category = elsewhere;
  } else if (kind === 'flip-byte') {
    // A copy: the payload is a view of what was fetched.
    const payload = Buffer.from(values.payload!);
    payload[payload.length >> 1]! ^= 1;
    values.payload = payload;
  } else if (kind === 'invent') {
    const invented = values.sequence! + faraway;
    rows.push({
      ...values,
      offset: values.offset + faraway,
      sequence: invented,
      id: messageId(0, invented),
    });
  }
}

function deleteRow(location: string, category: string, position: [string, number, number]): void {
  const database = new DatabaseSync(sqlitePathOf(location)!);
  database
    .prepare(`DELETE FROM ${quoted(tableOf(category))} WHERE topic_id = ? AND partition = ? AND "offset" = ?`)
    .run(...position);
  database.close();
}

/** A sender that claims an ack for the record batch of one message. */
export function sabotagedSender(
  sender: Pick<Producer, 'send'>,
  { kind, sequence }: Sabotage,
): Pick<Producer, 'send'> {
  const origin = noOrigin();
  const holdsMessage = ({ bytes }: Addressed): boolean =>
    [...decodeRecordBatches(bytes)].some((batch) =>
      [...batch.offset.keys()].some((record) => {
        readOrigin(batch, record, origin);
        return origin.sequence === sequence;
      }),
    );
  return {
    send: async (batches) => {
      const unsent = kind === 'claim-ack' ? batches.findIndex(holdsMessage) : -1;
      if (unsent === -1) return await sender.send(batches);
      const outcomes = await sender.send(batches.filter((_, index) => index !== unsent));
      return outcomes.toSpliced(unsent, 0, { outcome: 'acked', baseOffset: none });
    },
  };
}
