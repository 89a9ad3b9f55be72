/**
 * Hostile values, through a real Kafka and a real consumer into a real store. Each record becomes one row or one
 * dead letter, at its offset, and is stored byte for byte.
 */
import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, inject, test } from 'vitest';
import { encodeHeaders, type RecordHeader } from '../../src/kafka/record-batch/record-batch-encoder.ts';
import type { SendOutcome } from '../../src/kafka/produce/send-outcome.ts';
import { defaultEngine, openSnapshot } from '../../src/stores/engines.ts';
import type { StoredDeadLetter, StoredRow } from '../../src/stores/store-snapshot.ts';
import { bytesOf, writeForeignTopic } from '../fixtures/foreign-topic.ts';
import { hostileRecords, largest, type HostileRecord } from '../fixtures/hostile-records.ts';
import { newDir, nodrop } from '../fixtures/nodrop.ts';

const bootstrapServers = inject('bootstrapServers');
const { location: database, password } = inject('postgres');
const stores = [
  { name: 'SQLite', location: defaultEngine.files.locationOf(join(newDir(), 'store.sqlite')) },
  { name: 'PostgreSQL', location: `${database}?schema=values_${randomUUID().slice(0, 8)}` },
];
const states = ['failed', 'completed', 'in-progress'];
const topic = `values-${randomUUID()}`;
/** Measured: 187 MB; an idle consumer takes 100 MB. */
const peakBytesMax = 300 * 1024 * 1024;

let outcomes: SendOutcome[];
beforeAll(async () => {
  // The consumers need it, and so does reading the stores back.
  process.env['PGPASSWORD'] = password;
  outcomes = await writeForeignTopic(bootstrapServers, topic, hostileRecords);
});

test('Kafka accepts all hostile records, each at the offset of its index', () => {
  expect(outcomes).toEqual(hostileRecords.map((_, baseOffset) => ({ outcome: 'acked', baseOffset })));
});

test('Kafka refuses a record that is one byte larger than the largest one here', async () => {
  const [outcome] = await writeForeignTopic(bootstrapServers, `${topic}-beyond`, [largest(1)]);
  expect(outcome).toMatchObject({ outcome: 'rejected', error: 'MESSAGE_TOO_LARGE' });
});

describe.each(stores)('$name', ({ location }) => {
  let stored: Stored[];
  let peakBytes: number;
  beforeAll(async () => {
    peakBytes = await consumeAll(location);
    stored = await readBack(location);
  });

  test('each record is stored once', () => {
    const offsets = stored.map(({ offset }) => offset).sort((a, b) => a - b);
    expect(offsets).toEqual(hostileRecords.map((_, offset) => offset));
  });

  test.each([...hostileRecords.entries()].map(([offset, record]) => ({ name: record.name, offset, record })))(
    '$name',
    ({ offset, record }) => {
      const found = stored.find((other) => other.offset === offset);
      expect(found === undefined ? 'nothing' : shown(found)).toEqual(shownAs(record));
    },
  );

  test('the consumer takes less than 300 MiB of memory', () => {
    expect(peakBytes).toBeLessThan(peakBytesMax);
  });
});

/** Writes the peak memory of the consumer's process when it ends. */
const memoryProbe = `import { writeFileSync } from 'node:fs';
process.on('exit', () => writeFileSync(process.env.PEAK_FILE, String(process.resourceUsage().maxRSS)));`;

/** Consumes the topic into the store; returns the peak memory of the consumer (bytes). */
async function consumeAll(location: string): Promise<number> {
  const dir = newDir();
  const peakFile = join(dir, 'peak');
  const args = ['--run=values', `--dir=${dir}`, `--topic=${topic}`, `--store=${location}`, '--timeout=20s'];
  const { code, stderr } = await nodrop(
    ['consume', '--until-drained', `--bootstrap-server=${bootstrapServers}`, ...args],
    {
      PEAK_FILE: peakFile,
      NODE_OPTIONS: `--import=data:text/javascript,${encodeURIComponent(memoryProbe)}`,
    },
  );
  if (code !== 0) throw new Error(`the consumer ended with ${code}: ${stderr}`);
  return Number(readFileSync(peakFile, 'utf8')) * 1024;
}

type Stored = StoredRow | StoredDeadLetter;

async function readBack(location: string): Promise<Stored[]> {
  const stored: Stored[] = [];
  const snapshot = await openSnapshot(location);
  try {
    for (const category of snapshot.categories) {
      for await (const rows of snapshot.rows(category)) stored.push(...rows);
    }
    for await (const letters of snapshot.deadLetters()) stored.push(...letters);
  } finally {
    await snapshot.close();
  }
  return stored;
}

/** Bytes as text that a failure can show; null stays distinct from empty. */
const hex = (bytes: Uint8Array | null): string | null =>
  bytes === null ? null : Buffer.from(bytes).toString('hex');

function shown(stored: Stored): object {
  const { partition } = stored;
  const bytes = { key: hex(stored.key), payload: hex(stored.payload) };
  if ('reason' in stored) {
    return { reason: stored.reason, partition, ...bytes, headers: hex(stored.headers) };
  }
  const { category, run, producer, sequence, digest } = stored;
  return { category, partition, ...bytes, origin: { run, producer, sequence, digest } };
}

const nobody = { run: null, producer: null, sequence: null, digest: null };

function shownAs(record: HostileRecord): object {
  const { expected, key, payload, origin = nobody } = record;
  const bytes = { key: hex(bytesOf(key)), payload: hex(bytesOf(payload)) };
  return states.includes(expected)
    ? { category: expected, partition: 0, ...bytes, origin }
    : { reason: expected, partition: 0, ...bytes, headers: hex(headersOf(record)) };
}

/** Headers in the form of a dead letter: as they stand in the record, without their count. */
function headersOf({ headers = [] }: HostileRecord): Uint8Array {
  const encoded =
    headers instanceof Uint8Array
      ? headers
      : encodeHeaders(headers.map(([name, value]): RecordHeader => [name, bytesOf(value)]));
  const countBytes = encoded[0]! < 0x80 ? 1 : 2;
  return encoded.subarray(countBytes);
}
