/** Defects of a producer, planted on purpose: see sabotage.ts. */
import type { Addressed } from '../../kafka/produce/produce.ts';
import { RecordBatchEncoder, type RecordHeader } from '../../kafka/record-batch/record-batch-encoder.ts';
import { decodeRecordBatches, type RecordBatch } from '../../kafka/record-batch/record-batch.ts';
import type { SendOutcome } from '../../kafka/produce/send-outcome.ts';
import { TransactionalProducer } from '../../kafka/produce/transactional-producer.ts';
import type { Sender } from '../../pipeline/producer/publisher.ts';
import { none } from '../../workload/place.ts';
import { headerNames, noOrigin, readOrigin } from '../../workload/record-headers.ts';
import { faraway, tellSabotage, type Sabotage, type SabotageKind } from './sabotage.ts';

export function sabotagedSender(sender: Sender, sabotage: Sabotage): Sender {
  const { kind } = sabotage;
  if (kind === 'claim-ack' || kind === 'collide') return new Claiming(sender, sabotage);
  if (kind === 'swap') return new Swapping(sender, sabotage);
  if (kind === 'tear-transaction') return new Tearing(sender, sabotage);
  if (kind === 'resend-unknown') return resendingUnknown(sender, sabotage);
  if (kind === 'swap-partitions') return swappingPartitions(sender, sabotage);
  const way = waysToSpoil[kind];
  return way === undefined ? sender : spoiling(sender, sabotage, way);
}

/** Sends the batch that holds the message, with a defect. */
type Spoil = (sender: Sender, batch: Addressed, sabotage: Sabotage) => Promise<SendOutcome>;

const waysToSpoil: Partial<Record<SabotageKind, Spoil>> = {
  'flip-before-send': async (sender, batch, sabotage) => {
    const { records, index } = recordOf(batch, sabotage.sequence);
    const payload = records.value(index)!;
    // Change it in place: without compression, the record is part of the bytes that are sent.
    payload[payload.length >> 1]! ^= 1;
    if (payload.buffer === batch.bytes.buffer) tellSabotage(sabotage);
    return await sendOne(sender, batch);
  },
  'invent-record': async (sender, batch, sabotage) => {
    const invented = inventedBeside(batch, sabotage.sequence);
    const outcome = await sendOne(sender, batch);
    const { outcome: became } = await sendOne(sender, invented);
    if (became === 'acked') tellSabotage(sabotage);
    return outcome;
  },
  'claim-rejection': async (sender, batch, sabotage) => {
    const outcome = await sendOne(sender, batch);
    if (outcome.outcome !== 'acked') return outcome;
    tellSabotage(sabotage);
    return { outcome: 'rejected', error: 'INVALID_RECORD' };
  },
  resend: async (sender, batch, sabotage) => {
    const again = copyOf(batch);
    const outcome = await sendOne(sender, batch);
    const { outcome: became } = await sendOne(sender, again);
    if (became === 'acked') tellSabotage(sabotage);
    return outcome;
  },
};

const spoiling = (sender: Sender, sabotage: Sabotage, spoil: Spoil): Sender => ({
  send: async (batches) => {
    const meant = indexOfMessage(batches, sabotage.sequence);
    if (meant === -1) return await sender.send(batches);
    // All batches are handed over in one turn, so they leave in their order.
    const others = sender.send(batches.filter((_, index) => index !== meant));
    const outcome = await spoil(sender, batches[meant]!, sabotage);
    return (await others).toSpliced(meant, 0, outcome);
  },
});

const resendingUnknown = (sender: Sender, sabotage: Sabotage): Sender => ({
  send: async (batches) =>
    await Promise.all(
      batches.map(async (batch) => {
        const isMeant = sequencesOf(batch).some((one) => one >= sabotage.sequence);
        const again = copyOf(batch);
        const outcome = await sendOne(sender, batch);
        if (!isMeant || outcome.outcome !== 'unknown') return outcome;
        tellSabotage(sabotage);
        return await sendOne(sender, again);
      }),
    ),
});

/** The ledger would note the offsets under the partitions that were meant, so its acks get none. */
function swappingPartitions(sender: Sender, sabotage: Sabotage): Sender {
  let isDone = false;
  return {
    send: async (batches) => {
      const isLate = batches.some((batch) => sequencesOf(batch).some((one) => one >= sabotage.sequence));
      if (!isLate) return await sender.send(batches);
      const swapped = batches.map(({ partition, bytes }) => ({
        partition: partition < 2 ? 1 - partition : partition,
        bytes,
      }));
      const outcomes = await sender.send(swapped);
      if (!isDone && batches.some(({ partition }) => partition < 2)) {
        isDone = true;
        tellSabotage(sabotage);
      }
      return outcomes.map((sent) => (sent.outcome === 'acked' ? { ...sent, baseOffset: none } : sent));
    },
  };
}

const sendOne = async (sender: Sender, batch: Addressed): Promise<SendOutcome> =>
  (await sender.send([batch]))[0]!;

/** The queue seals a batch in place, so a batch to be sent again needs a copy from before. */
const copyOf = (batch: Addressed): Addressed => ({ ...batch, bytes: Buffer.from(batch.bytes) });

function recordOf({ bytes }: Addressed, sequence: number): { records: RecordBatch; index: number } {
  const origin = noOrigin();
  for (const records of decodeRecordBatches(bytes)) {
    for (let index = 0; index < records.count; index++) {
      readOrigin(records, index, origin);
      if (origin.sequence === sequence) return { records, index };
    }
  }
  throw new Error(`no record of message ${sequence}`);
}

/** A record like that of the message, for a message that was not planned. */
function inventedBeside(batch: Addressed, sequence: number): Addressed {
  const { records, index } = recordOf(batch, sequence);
  const headers = [...records.headers(index)].map(([name, value]): RecordHeader =>
    name === headerNames.sequence ? [name, Buffer.from(String(sequence + faraway))] : [name, value],
  );
  const encoder = new RecordBatchEncoder();
  encoder.append(records.timestamp[index]!, records.key(index), records.value(index), headers);
  return { ...batch, bytes: encoder.finish() };
}

function sequencesOf({ bytes }: Addressed): number[] {
  const origin = noOrigin();
  return [...decodeRecordBatches(bytes)].flatMap((batch) =>
    [...batch.offset.keys()].map((record) => {
      readOrigin(batch, record, origin);
      return origin.sequence;
    }),
  );
}

const indexOfMessage = (batches: readonly Addressed[], sequence: number): number =>
  batches.findIndex((batch) => sequencesOf(batch).includes(sequence));

/** Reports one batch as acked without sending it: without an offset, or at the offset of another batch. */
class Claiming implements Sender {
  readonly #sender: Sender;
  readonly #sabotage: Sabotage;
  /** Base offsets by partition. */
  readonly #lastAcked = new Map<number, number>();

  constructor(sender: Sender, sabotage: Sabotage) {
    this.#sender = sender;
    this.#sabotage = sabotage;
  }

  async send(batches: readonly Addressed[]): Promise<SendOutcome[]> {
    const unsent = indexOfMessage(batches, this.#sabotage.sequence);
    if (unsent === -1) return await this.#sendAll(batches);
    const outcomes = await this.#sendAll(batches.filter((_, index) => index !== unsent));
    const isCollision = this.#sabotage.kind === 'collide';
    const baseOffset = isCollision ? this.#lastAcked.get(batches[unsent]!.partition) : none;
    if (baseOffset === undefined)
      return outcomes.toSpliced(unsent, 0, ...(await this.#sendAll([batches[unsent]!])));
    tellSabotage(this.#sabotage);
    return outcomes.toSpliced(unsent, 0, { outcome: 'acked', baseOffset });
  }

  async #sendAll(batches: readonly Addressed[]): Promise<SendOutcome[]> {
    const outcomes = await this.#sender.send(batches);
    for (const [index, outcome] of outcomes.entries()) {
      if (outcome.outcome === 'acked') this.#lastAcked.set(batches[index]!.partition, outcome.baseOffset);
    }
    return outcomes;
  }
}

/** Aborts what was sent of a transaction, and sends the rest in another, which the ledger does not know. */
class Tearing implements Sender {
  readonly #sender: Sender;
  readonly #sabotage: Sabotage;
  readonly #underWay = new Set<Promise<unknown>>();
  /** Later batches wait for it: in the aborted transaction, they would be refused. */
  #tearing: Promise<void> | undefined;

  constructor(sender: Sender, sabotage: Sabotage) {
    this.#sender = sender;
    this.#sabotage = sabotage;
  }

  async send(batches: readonly Addressed[]): Promise<SendOutcome[]> {
    const transactions = this.#sender;
    const isLate = batches.some((batch) => sequencesOf(batch).some((one) => one >= this.#sabotage.sequence));
    if (isLate && transactions instanceof TransactionalProducer && transactions.isOpen)
      this.#tearing ??= this.#tear(transactions);
    if (this.#tearing !== undefined) await this.#tearing;
    const sending = this.#sender.send(batches);
    this.#underWay.add(sending);
    return await sending.finally(() => this.#underWay.delete(sending));
  }

  async #tear(transactions: TransactionalProducer): Promise<void> {
    await Promise.all(this.#underWay);
    const { error } = await transactions.end(false);
    await transactions.next();
    if (error === 'NONE') tellSabotage(this.#sabotage);
  }
}

/** Holds one batch back until the next of its partition has been handed in. */
class Swapping implements Sender {
  readonly #sender: Sender;
  readonly #sabotage: Sabotage;
  #held: { partition: number; release: () => void } | undefined;

  constructor(sender: Sender, sabotage: Sabotage) {
    this.#sender = sender;
    this.#sabotage = sabotage;
  }

  async send(batches: readonly Addressed[]): Promise<SendOutcome[]> {
    const late = indexOfMessage(batches, this.#sabotage.sequence);
    if (late === -1) {
      const sending = this.#sender.send(batches);
      if (batches.some(({ partition }) => partition === this.#held?.partition)) this.#held!.release();
      return await sending;
    }
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#held = { partition: batches[late]!.partition, release: resolve };
    const sending = this.#sender.send(batches.filter((_, index) => index !== late));
    await promise;
    this.#held = undefined;
    tellSabotage(this.#sabotage);
    const [outcome] = await this.#sender.send([batches[late]!]);
    return (await sending).toSpliced(late, 0, outcome!);
  }
}
