/** The queue of a partition with a small model of the broker: lost, late and refused requests, in any order. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { Deadline } from '../../../src/system/deadline.ts';
import { ProduceQueue } from '../../../src/kafka/produce/produce-queue.ts';
import type { Attempt } from '../../../src/kafka/produce/produce-requests.ts';
import { RecordBatch } from '../../../src/kafka/record-batch/record-batch.ts';
import { RecordBatchEncoder } from '../../../src/kafka/record-batch/record-batch-encoder.ts';
import type { SendOutcome } from '../../../src/kafka/produce/send-outcome.ts';

const faults = [
  'none',
  'request lost',
  'answer lost',
  'request late',
  'refused',
  'refused after append',
] as const;
type Fault = (typeof faults)[number];

interface Entry {
  name: string;
  offset: number;
  epoch: number;
  sequence: number;
  count: number;
}

const remembered = 5;

/** One partition like in Kafka: the epoch, the sequences and the latest five batches of a producer. */
class ModelBroker {
  readonly log: Entry[] = [];
  readonly #faults: Fault[];
  readonly #late: Buffer[] = [];
  underWayMax = 0;
  #underWay = 0;
  #end = 0;

  constructor(faults: readonly Fault[]) {
    this.#faults = [...faults];
  }

  async attempt(_: number, bytes: Buffer, deadline: Deadline): Promise<Attempt> {
    this.underWayMax = Math.max(this.underWayMax, ++this.#underWay);
    const fault = this.#faults.shift() ?? 'none';
    // Copied here, since a late request arrives before those that are sent after this one.
    const arrived = Buffer.from(bytes);
    await new Promise(setImmediate);
    this.#underWay--;
    if (deadline.isOver) return attemptOf('REQUEST_TIMED_OUT', { isSent: false });
    if (fault === 'request lost') return attemptOf('NETWORK_EXCEPTION');
    if (fault === 'refused') return attemptOf('NOT_ENOUGH_REPLICAS');
    if (fault === 'request late') {
      this.#late.push(arrived);
      return attemptOf('REQUEST_TIMED_OUT');
    }
    const answer = this.append(arrived);
    if (answer.error !== 'NONE') return answer;
    for (const late of this.#late.splice(0, 1)) this.append(late);
    if (fault === 'answer lost') return attemptOf('NETWORK_EXCEPTION');
    return fault === 'refused after append' ? attemptOf('NOT_ENOUGH_REPLICAS_AFTER_APPEND') : answer;
  }

  append(bytes: Buffer): Attempt {
    const batch = new RecordBatch(bytes);
    if (!batch.crcOk) return attemptOf('CORRUPT_MESSAGE');
    const { producerEpoch: epoch, baseSequence: sequence, count } = batch;
    const name = String(batch.value(0));
    if (name.startsWith('large')) return attemptOf('MESSAGE_TOO_LARGE');
    const known = this.log
      .slice(-remembered)
      .find((entry) => entry.epoch === epoch && entry.sequence === sequence);
    if (known !== undefined) {
      // If this batch is another one with the same sequence, the ack is wrong: the log lacks it, and shows that.
      return attemptOf('NONE', { baseOffset: known.offset });
    }
    const last = this.log.at(-1);
    if (last !== undefined && epoch < last.epoch) return attemptOf('INVALID_PRODUCER_EPOCH');
    const expected = last?.epoch === epoch ? last.sequence + last.count : 0;
    if (last !== undefined && sequence !== expected) return attemptOf('OUT_OF_ORDER_SEQUENCE_NUMBER');
    this.log.push({ name, offset: this.#end, epoch, sequence, count });
    this.#end += count;
    return attemptOf('NONE', { baseOffset: this.#end - count });
  }

  /** Late requests arrive at last. */
  settle(): void {
    for (const late of this.#late.splice(0)) this.append(late);
  }

  async refresh(): Promise<void> {}

  async newSequence(): Promise<undefined> {}
}

const attemptOf = (error: string, more: Partial<Attempt> = {}): Attempt => ({
  error,
  baseOffset: -1,
  isSent: true,
  ...more,
});

function batchOf(name: string, count: number): Buffer {
  const encoder = new RecordBatchEncoder();
  for (let i = 0; i < count; i++) encoder.append(0, null, Buffer.from(name));
  return encoder.finish();
}

interface Sent {
  name: string;
  outcome: SendOutcome;
}

const first = { producerId: 7n, producerEpoch: 0, baseSequence: 0 };

async function sendAll(
  broker: ModelBroker,
  names: readonly string[],
  timeoutMs: number | readonly number[],
  inFlightMax = 5,
): Promise<Sent[]> {
  const queue = new ProduceQueue(broker, { partition: 0, acks: -1, inFlightMax }, first);
  const sent = names.map(async (name, i) => ({
    name,
    outcome: await queue.deliver(
      batchOf(name, 1 + (i % 3)),
      new Deadline(typeof timeoutMs === 'number' ? timeoutMs : timeoutMs[i]!),
    ),
  }));
  const all = await Promise.all(sent);
  broker.settle();
  return all;
}

function expectRight(broker: ModelBroker, sent: readonly Sent[], names: readonly string[]): void {
  const logged = broker.log.map(({ name }) => name);
  expect(new Set(logged).size, 'nothing twice').toBe(logged.length);
  const order = logged.map((name) => names.indexOf(name));
  expect(order, 'in order').toEqual(order.toSorted((a, b) => a - b));
  const offsets = new Map(broker.log.map(({ name, offset }) => [name, offset]));
  const untrue = sent.filter(({ name, outcome }) =>
    outcome.outcome === 'acked'
      ? offsets.get(name) !== outcome.baseOffset
      : outcome.outcome === 'rejected' && offsets.has(name),
  );
  expect(untrue, 'outcomes that are not so').toEqual([]);
}

const plan = fc.record({
  large: fc.array(fc.boolean(), { minLength: 1, maxLength: 14 }),
  faults: fc.array(fc.constantFrom<Fault>('none', ...faults), { maxLength: 20 }),
  timeoutMs: fc.constantFrom(30, 120, 20_000),
  /** The number of first batches that have little time. */
  hasty: fc.nat(4),
  inFlightMax: fc.integer({ min: 1, max: 5 }),
});

describe('an idempotent queue', () => {
  test('writes no batch twice or out of order, and tells true outcomes, with any faults', async () => {
    await Promise.all(
      fc.sample(plan, 300).map(async ({ large, faults, timeoutMs, hasty, inFlightMax }) => {
        const broker = new ModelBroker(faults);
        const names = large.map((isLarge, i) => (isLarge && i % 4 === 1 ? `large${i}` : `m${i}`));
        const sent = await sendAll(
          broker,
          names,
          names.map((_, i) => (i < hasty ? Math.min(60, timeoutMs) : timeoutMs)),
          inFlightMax,
        );
        expectRight(broker, sent, names);
        expect(broker.underWayMax).toBeLessThanOrEqual(inFlightMax);
        // With enough time, all batches are acked, except those that are too large or in doubt behind one of these.
        const isEasy = timeoutMs === 20_000 && hasty === 0 && !names.some((name) => name.startsWith('large'));
        const left = isEasy ? sent.filter(({ outcome }) => outcome.outcome !== 'acked') : [];
        expect(left, JSON.stringify({ faults, inFlightMax })).toEqual([]);
      }),
    );
  });

  test('sends its first batch alone, since a broker accepts any first sequence, and then five at once', async () => {
    const broker = new ModelBroker(['refused', 'refused']);
    const names = ['a', 'b', 'c', 'd', 'e', 'f', 'g'];
    const sent = await sendAll(broker, names, 20_000);
    expect(sent.every(({ outcome }) => outcome.outcome === 'acked')).toBe(true);
    expect(broker.log.map(({ name }) => name)).toEqual(names);
    expect(broker.underWayMax).toBe(5);
  });

  test('has the neighbours of a batch that is too large acked', async () => {
    const broker = new ModelBroker([]);
    const sent = await sendAll(broker, ['a', 'b', 'large', 'c', 'd', 'e'], 20_000);
    expect(sent.map(({ outcome }) => outcome.outcome)).toEqual([
      'acked',
      'acked',
      'rejected',
      'acked',
      'acked',
      'acked',
    ]);
    expect(broker.log.map(({ name }) => name)).toEqual(['a', 'b', 'c', 'd', 'e']);
    expect(broker.log.map(({ epoch }) => epoch)).toEqual([0, 0, 1, 1, 1]);
  });

  test('sends no batch so far ahead of one in doubt that the broker forgets that one', async () => {
    // The answer to b is lost, the next batches are acked, and b has to be sent twice more before it is acked.
    const broker = new ModelBroker(['none', 'answer lost', 'none', 'none', 'none', 'refused']);
    const names = ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h'];
    const sent = await sendAll(broker, names, 20_000, 4);
    expect(sent.filter(({ outcome }) => outcome.outcome !== 'acked')).toEqual([]);
    expect(broker.log.map(({ name }) => name)).toEqual(names);
  });

  test('sends under a new epoch after a timeout, so that the broker refuses the late batch', async () => {
    const broker = new ModelBroker(['none', 'request late']);
    const queue = new ProduceQueue(broker, { partition: 0, acks: -1, inFlightMax: 5 }, first);
    const outcomes: SendOutcome[] = [];
    for (const [name, timeoutMs] of [
      ['a', 5_000],
      ['late', 20],
      ['b', 5_000],
    ] as const)
      outcomes.push(await queue.deliver(batchOf(name, 1), new Deadline(timeoutMs)));
    broker.settle();
    expect(outcomes.map(({ outcome }) => outcome)).toEqual(['acked', 'unknown', 'acked']);
    expect(broker.log.map(({ name }) => name)).toEqual(['a', 'b']);
  });

  test('tells an unknown outcome for a batch that was in doubt and then refused', async () => {
    const broker = new ModelBroker(['none', 'answer lost', ...Array<Fault>(20).fill('refused')]);
    const sent = await sendAll(broker, ['a', 'b'], 200);
    expect(sent[1]!.outcome).toEqual({ outcome: 'unknown', error: 'NETWORK_EXCEPTION' });
    expect(broker.log.map(({ name }) => name)).toEqual(['a', 'b']);
  });

  test('goes on under a new epoch if a broker has lost an acked batch and refuses the next one', async () => {
    const broker = new ModelBroker([]);
    const queue = new ProduceQueue(broker, { partition: 0, acks: -1, inFlightMax: 5 }, first);
    const send = async (name: string) => await queue.deliver(batchOf(name, 1), new Deadline(20_000));
    await send('a');
    await send('b');
    broker.log.pop();
    const outcomes = await Promise.all([send('c'), send('d')]);
    expect(outcomes[0]).toEqual({ outcome: 'rejected', error: 'OUT_OF_ORDER_SEQUENCE_NUMBER' });
    expect(outcomes[1].outcome).toBe('acked');
    expect(broker.log.map(({ name }) => name)).toEqual(['a', 'd']);
  });

  test('keeps the sequence of a batch in doubt behind one that timed out, so that it is not written twice', async () => {
    // b and c are written, and both answers are lost; b has no time to be sent again.
    const broker = new ModelBroker(['none', 'answer lost', 'answer lost']);
    const sent = await sendAll(broker, ['a', 'b', 'c', 'd'], [5_000, 25, 5_000, 5_000]);
    expect(sent.map(({ outcome }) => outcome.outcome)).toEqual(['acked', 'unknown', 'acked', 'acked']);
    expect(broker.log.map(({ name }) => name)).toEqual(['a', 'b', 'c', 'd']);
  });

  test('sends no batch of a later epoch before one in doubt, which would then be refused for ever', async () => {
    const broker = new ModelBroker(['none', 'answer lost', 'request lost', 'none', 'refused']);
    const sent = await sendAll(broker, ['a', 'b', 'c', 'd'], [5_000, 25, 5_000, 5_000]);
    expect(sent.map(({ outcome }) => outcome.outcome)).toEqual(['acked', 'unknown', 'acked', 'acked']);
    expect(broker.log.map(({ name }) => name)).toEqual(['a', 'b', 'c', 'd']);
  });

  test('rejects every delivery if an attempt throws an unexpected error', async () => {
    const broker = Object.assign(new ModelBroker([]), {
      attempt: async () => await Promise.reject(new TypeError('a bug')),
    });
    await expect(sendAll(broker, ['a', 'b'], 1_000)).rejects.toThrow('a bug');
  });
});

test('a queue that is not idempotent sends one batch at a time, and never sends a batch in doubt again', async () => {
  const broker = new ModelBroker(['refused', 'none', 'answer lost']);
  const leader = Object.assign(broker, { append: () => attemptOf('NONE') });
  const queue = new ProduceQueue(leader, { partition: 0, acks: 1, inFlightMax: 5 }, undefined);
  const outcomes = await Promise.all(
    ['a', 'b', 'c'].map(async (name) => await queue.deliver(batchOf(name, 1), new Deadline(5_000))),
  );
  expect(outcomes.map(({ outcome }) => outcome)).toEqual(['acked', 'unknown', 'acked']);
  expect(broker.underWayMax).toBe(1);
});
