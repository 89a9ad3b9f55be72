/** The quick way to encode messages, compared with the plain way message by message. */
import { compatibilityPartitioner } from '@platformatic/kafka';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { digestOf, digestText } from '../../../src/workload/digest.ts';
import { RecordBatch } from '../../../src/kafka/record-batch/record-batch.ts';
import {
  MessageEncoder,
  type MessageEncoderOptions,
} from '../../../src/pipeline/producer/message-encoder.ts';
import { PartitionShare, type Share } from '../../../src/kafka/produce/partition-share.ts';
import type { StatePlace } from '../../../src/workload/state-rule.ts';
import { payloadBytesMin, producerName, Workload } from '../../../src/workload/workload.ts';

interface Record {
  sequence: number;
  key: string;
  value: string;
  headers: [name: string, value: string][];
}

/** The records of each partition, from the workload's generator and a digest that is computed here. */
function plain(options: MessageEncoderOptions, first: number, count: number): Record[][] {
  const { run, producer, session, partitions, states, stateHeader } = options;
  const workload = new Workload(options);
  const shares: Record[][] = Array.from({ length: partitions }, () => []);
  for (let sequence = first; sequence < first + count; sequence++) {
    const { key, payload, state } = workload.message(producer, sequence);
    const origin = { run, producer: producerName(producer), session, sequence };
    const headers: Record['headers'] = [
      ['nodrop-run', run],
      ['nodrop-producer', origin.producer],
      ['nodrop-session', String(session)],
      ['nodrop-sequence', String(sequence)],
      ['nodrop-digest', digestText(digestOf(Buffer.from(key), Buffer.from(payload), origin))],
    ];
    if (stateHeader !== undefined) headers.push([stateHeader, states[state]!.name]);
    const partition = compatibilityPartitioner(undefined as never, Buffer.from(key)) % partitions;
    shares[partition]!.push({ sequence, key, value: payload, headers });
  }
  return shares;
}

function recordsOf(share: Share): Record[] {
  const sequences = [...share.sequences];
  if (sequences.length === 0) return [];
  const batch = new RecordBatch(share.encoder.finish());
  expect(batch.count).toBe(sequences.length);
  expect(new Set(batch.timestamp)).toEqual(new Set([1_700_000_000_000]));
  return sequences.map((sequence, record) => ({
    sequence,
    key: String(batch.key(record)),
    value: String(batch.value(record)),
    headers: [...batch.headers(record)].map(([name, value]) => [name, String(value)]),
  }));
}

const place = fc.constantFrom<StatePlace>(
  {},
  { stateField: 'state' },
  { stateField: 'status.code' },
  { stateField: 'a"order":"b.\u00e9.note":"' },
  { stateHeader: 'x-state' },
  { stateHeader: 'nodrop-sequence' },
);
const states = fc.uniqueArray(
  fc.record({
    name: fc.constantFrom('failed', 'completed', 'in-progress', 'p0-1', 'customer', 'order'),
    weight: fc.integer({ min: 1, max: 9 }),
  }),
  { minLength: 1, maxLength: 4, selector: ({ name }) => name },
);
/** Often just below a power of ten, where numbers get one more digit. */
const first = fc.oneof(
  fc.nat(4_294_967_000),
  fc.integer({ min: 0, max: 9 }).map((digits) => Math.max(0, 10 ** digits - 5)),
  fc.constant(2 ** 31 - 5),
);

test("every encoded record equals the workload's message: key, payload, headers, digest and partition", () => {
  fc.assert(
    fc.property(
      fc.record({
        seed: fc.nat(0xffffffff),
        states,
        place,
        more: fc.nat(300),
        run: fc.constantFrom('r', 'nodrop-digest', 'x'.repeat(60)),
        producer: fc.nat(64),
        session: fc.nat(3),
        partitions: fc.integer({ min: 1, max: 7 }),
      }),
      first,
      fc.integer({ min: 1, max: 60 }),
      ({ place, more, ...drawn }, first, count) => {
        const payloadBytes = payloadBytesMin(drawn.states, drawn.producer + 1, first + count, place) + more;
        const options = { ...drawn, ...place, payloadBytes };
        const encoder = new MessageEncoder(options);
        const shares = Array.from({ length: options.partitions }, () => new PartitionShare());
        // Twice, since the encoder and the shares are used again.
        for (const start of [first, first + count - 1]) {
          encoder.encode(start, start === first ? count : 1, () => 1_700_000_000_000, shares);
          const expected = plain(options, start, start === first ? count : 1);
          expect(shares.map(({ filled }) => filled.flatMap(recordsOf))).toEqual(expected);
        }
      },
    ),
  );
});

test('a payload that does not fit is refused with an error that names its message', () => {
  const options = { seed: 1, states: [{ name: 'a', weight: 1 }], payloadBytes: 100 };
  const encoder = new MessageEncoder({ ...options, run: 'r', producer: 0, session: 0, partitions: 1 });
  expect(() => encoder.encode(0, 1, () => 0, [new PartitionShare()])).toThrow(
    'payload of p0-0 does not fit 100 bytes',
  );
});
