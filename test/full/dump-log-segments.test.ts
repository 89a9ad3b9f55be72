/** The log scan compared with Kafka's own reader of log files, record by record, for every codec. */
import { execFile } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { Producer as LibraryProducer } from '@platformatic/kafka';
import { expect, inject, test } from 'vitest';
import { codecs, type Codec } from '../../src/kafka/client/client-settings.ts';
import { openCluster } from '../../src/kafka/client/cluster.ts';
import { scanLog } from '../../src/kafka/fetch/log-scan.ts';
import { openProducer } from '../../src/kafka/produce/produce.ts';
import { openTransactionalProducer } from '../../src/kafka/produce/transactional-producer.ts';
import { RecordBatchEncoder } from '../../src/kafka/record-batch/record-batch-encoder.ts';
import { findRuntime } from '../../src/kafka/broker/runtime.ts';
import { createTopic } from '../../src/kafka/client/topics.ts';
import { until } from '../fixtures/nodrop.ts';

const bootstrapServers = inject('bootstrapServers');
const timeoutMs = 20_000;
/** The current time: Kafka may at any moment remove records that are older than its retention. */
const bornMs = Date.now();
const cluster = await openCluster({ bootstrapServers, clientId: 'dump-test', timeoutMs });

interface Line {
  offset: number;
  timestamp: number;
  key: string;
  value: string;
  /** The names of the headers: the tool does not print their values. */
  headers: string;
}

interface Dump {
  /** `COMMIT` or `ABORT` by the offset of each marker; only Kafka's tool shows them. */
  markers?: Map<number, string>;
  records: Line[];
  batches: { baseOffset: number; isTransactional: boolean; isControl: boolean }[];
}

/** Reads the files of partition 0 with Kafka's own tool. */
async function dump(topic: string): Promise<Dump> {
  const folder = readdirSync(inject('brokerDir'), { recursive: true, encoding: 'utf8' }).find((path) =>
    path.endsWith(`/${topic}-0`),
  );
  const segment = join(inject('brokerDir'), folder!, '00000000000000000000.log');
  const { java, env } = await findRuntime({});
  const { stdout } = await promisify(execFile)(
    java.path,
    ['org.apache.kafka.tools.DumpLogSegments', '--print-data-log', '--files', segment],
    { env: { ...process.env, ...env }, maxBuffer: 64 * 1024 * 1024 },
  );
  const found: Dump = { records: [], batches: [] };
  for (const line of stdout.split('\n')) {
    const batch = /^baseOffset: (\d+) .*isTransactional: (\w+) isControl: (\w+) /.exec(line);
    if (batch !== null) {
      if (!line.includes('isvalid: true')) throw new Error(`Kafka finds it damaged: ${line}`);
      found.batches.push({
        baseOffset: Number(batch[1]),
        isTransactional: batch[2] === 'true',
        isControl: batch[3] === 'true',
      });
    }
    const marker = /^\| offset: (\d+) .*endTxnMarker: (\w+)/.exec(line);
    if (marker !== null) (found.markers ??= new Map()).set(Number(marker[1]), marker[2]!);
    const record =
      /^\| offset: (\d+) CreateTime: (\d+) .*headerKeys: \[(.*?)\](?: key: (.*?))? payload: (.*)$/.exec(line);
    if (record === null) continue;
    const [, offset, timestamp, headers = '', key = '', value = ''] = record;
    found.records.push({ offset: Number(offset), timestamp: Number(timestamp), key, value, headers });
  }
  return found;
}

/** Reads the topic with nodrop's scan. */
async function scanned(topic: string): Promise<Dump> {
  const found: Dump = { records: [], batches: [] };
  await scanLog(cluster, topic, {
    timeoutMs,
    onBatch({ batch }) {
      expect(batch.crcOk).toBe(true);
      const { baseOffset, isTransactional, isControl } = batch;
      found.batches.push({ baseOffset, isTransactional, isControl });
      for (let index = 0; index < batch.count; index++) {
        found.records.push({
          offset: batch.offset[index]!,
          timestamp: batch.timestamp[index]!,
          key: String(batch.key(index) ?? ''),
          value: String(batch.value(index)),
          headers: [...batch.headers(index)].map(([name]) => name).join(','),
        });
      }
    },
  });
  return found;
}

test.each(codecs)(
  'the scan reads the same records with codec %s as DumpLogSegments',
  async (codec: Codec) => {
    const topic = `dump-${codec}-${randomUUID().slice(0, 8)}`;
    await createTopic({ bootstrapServers, client: {}, timeoutMs }, topic, 1);
    const producer = await openProducer(cluster, (await cluster.metadata(topic))!, {
      acks: -1,
      idempotent: true,
      requestTimeoutMs: timeoutMs,
      deliveryTimeoutMs: timeoutMs,
    });
    for (let batch = 0; batch < 5; batch++) {
      const encoder = new RecordBatchEncoder();
      for (let index = 0; index <= batch * 20; index++) {
        const key = index % 3 === 0 ? null : Buffer.from(`key ${index}`);
        encoder.append(bornMs + index, key, Buffer.from(`value ${batch} ${index} é`), [
          ['h1', Buffer.from(`${index}`)],
          ['h2', Buffer.from('')],
        ]);
      }
      await producer.send([{ partition: 0, bytes: encoder.finish(codec) }]);
    }
    const ours = await scanned(topic);
    const theirs = await dump(topic);
    expect(ours.records).toHaveLength(205);
    expect(ours).toEqual(theirs);
  },
);

test('the scan reads the same transaction batches as DumpLogSegments, apart from markers', async () => {
  const topic = `dump-transactions-${randomUUID().slice(0, 8)}`;
  await createTopic({ bootstrapServers, client: {}, timeoutMs }, topic, 1);
  const producer = new LibraryProducer({
    clientId: 'dump-test',
    bootstrapBrokers: [bootstrapServers],
    transactionalId: topic,
    // This is also the time limit of the transaction: the broker aborts one that lasts longer.
    timeout: 60_000,
    idempotent: true,
  });
  for (const ending of ['commit', 'abort'] as const) {
    const transaction = await producer.beginTransaction();
    await transaction.send({
      messages: [{ topic, partition: 0, key: Buffer.from('k'), value: Buffer.from(ending) }],
    });
    await transaction[ending]();
  }
  await producer.close();
  // The broker answers an abort before it has written the marker.
  let theirs = await dump(topic);
  await until('both markers are in the log', async () => {
    theirs = await dump(topic);
    return theirs.batches.filter(({ isControl }) => isControl).length === 2;
  });
  const ours = await scanned(topic);
  expect(ours.records.map(({ value }) => value)).toEqual(['commit', 'abort']);
  expect(theirs.batches.filter(({ isControl }) => isControl)).toHaveLength(2);
  expect(ours.batches).toEqual(theirs.batches.filter(({ isControl }) => !isControl));
});

test('the scan resolves transactions of our own producer as the markers in DumpLogSegments say', async () => {
  const topic = `dump-markers-${randomUUID().slice(0, 8)}`;
  await createTopic({ bootstrapServers, client: {}, timeoutMs }, topic, 1);
  const producer = await openTransactionalProducer(cluster, (await cluster.metadata(topic))!, {
    acks: -1,
    idempotent: true,
    requestTimeoutMs: timeoutMs,
    deliveryTimeoutMs: timeoutMs,
    transactionalId: topic,
    transactionTimeoutMs: 60_000,
  });
  const ends = [true, false, false, true, false, true, true, false];
  for (const isCommit of ends) {
    for (let batch = 0; batch < 2; batch++) {
      const encoder = new RecordBatchEncoder();
      encoder.append(bornMs, null, Buffer.from('value'));
      await producer.send([{ partition: 0, bytes: encoder.finish() }]);
    }
    await producer.end(isCommit);
    await producer.next();
  }
  let theirs = await dump(topic);
  await until('all markers are in the log', async () => {
    theirs = await dump(topic);
    return theirs.markers?.size === ends.length;
  });
  expect([...theirs.markers!.values()]).toEqual(ends.map((isCommit) => (isCommit ? 'COMMIT' : 'ABORT')));
  const states: [number, string][] = [];
  await scanLog(cluster, topic, {
    timeoutMs,
    onBatch: ({ batch, state }) => void states.push([batch.baseOffset, state]),
  });
  // The next marker behind a batch is that of its transaction.
  const words: Record<string, string> = { COMMIT: 'committed', ABORT: 'aborted' };
  const expected = theirs.batches
    .filter(({ isControl }) => !isControl)
    .map(({ baseOffset }) => {
      const [, marker] = [...theirs.markers!].find(([offset]) => offset > baseOffset)!;
      return [baseOffset, words[marker]];
    });
  expect(states).toHaveLength(2 * ends.length);
  expect(states).toEqual(expected);
});
