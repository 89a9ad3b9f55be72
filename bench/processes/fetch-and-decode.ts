/**
 * nodrop's fetching and decoding without a store: whole batches, checksums and all columns, from the start of a topic
 * to its end. Arguments: address, topic.
 */
import { openCluster } from '../../src/kafka/client/cluster.ts';
import { listOffsets } from '../../src/kafka/client/list-offsets.ts';
import { decodeRecordBatches, nextOffset, splitBatches } from '../../src/kafka/record-batch/record-batch.ts';
import type { FetchedPartition } from '../../src/kafka/fetch/fetch.ts';
import { Fetcher } from '../../src/pipeline/consumer/fetcher.ts';

const [bootstrapServers, name] = process.argv.slice(2) as [string, string];
const timeoutMs = 30_000;
const signal = AbortSignal.timeout(15 * 60_000);
let records = 0;
let bytes = 0;

await using cluster = await openCluster({ bootstrapServers, clientId: 'bench', timeoutMs });
const topic = (await cluster.metadata(name))!;
const ends = await listOffsets(cluster, name, 'latest');
const claims = new Map([...ends.keys()].map((partition) => [partition, { next: 0 }]));
const fetcher = new Fetcher(
  { settings: {}, untilDrained: true, skipRemoved: false, timeoutMs },
  { cluster, topic },
  () => undefined,
);

let fetched = await fetcher.fetch(claims, signal);
while (claims.size > 0) {
  signal.throwIfAborted();
  advance(fetched);
  // The brokers answer the next requests while these answers are read.
  const next = claims.size > 0 ? fetcher.fetch(claims, signal) : [];
  for (const { records } of fetched) decode(records);
  fetched = await next;
}
process.stdout.write(`${JSON.stringify({ records, bytes })}\n`);

function advance(answers: readonly FetchedPartition[]): void {
  for (const { partition, error, records } of answers) {
    if (error !== 'NONE') throw new Error(`partition ${partition}: ${error}`);
    let { next } = claims.get(partition)!;
    for (const batch of splitBatches(records)) next = nextOffset(batch);
    claims.delete(partition);
    // A partition that was served moves to the end of the order.
    if (next < ends.get(partition)!) claims.set(partition, { next });
  }
}

function decode(answer: Buffer): void {
  for (const batch of decodeRecordBatches(answer)) {
    if (!batch.crcOk || batch.undecodable !== undefined) throw new Error('a batch is damaged');
    records += batch.count;
    for (let i = 0; i < batch.count; i++)
      bytes += batch.keyEnd[i]! - batch.keyStart[i]! + batch.valueEnd[i]! - batch.valueStart[i]!;
  }
}
