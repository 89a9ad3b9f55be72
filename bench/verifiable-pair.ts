/**
 * Apache's VerifiableProducer followed by its VerifiableConsumer, the tools with which Kafka's own system tests prove
 * delivery. Their values are small numbers, and they neither store nor judge anything.
 */
import { openCluster } from '../src/kafka/client/cluster.ts';
import { listOffsets } from '../src/kafka/client/list-offsets.ts';
import { timeJavaTool } from './java-tool.ts';
import type { PeakBytes } from './peak-memory.ts';
import type { Rig } from './rig.ts';
import { endOf } from './time-process.ts';

export interface PairSample {
  seconds: number;
  producerSeconds: number;
  consumerSeconds: number;
  peakBytes: PeakBytes;
}

export async function verifiablePair(rig: Rig, messages: number, partitions: number): Promise<PairSample> {
  return await rig.withTopic(partitions, async (topic, group) => {
    const produced = await produce(rig, topic, messages);
    const consumed = await consume(rig, topic, group, messages);
    return {
      seconds: produced.seconds + consumed.seconds,
      producerSeconds: produced.seconds,
      consumerSeconds: consumed.seconds,
      peakBytes: { producer: produced.peakBytes['java'] ?? 0, consumer: consumed.peakBytes['java'] ?? 0 },
    };
  });
}

/** VerifiableProducer prints one line per message, which is discarded. The topic's ends show whether all arrived. */
async function produce(rig: Rig, topic: string, messages: number): ReturnType<typeof timeJavaTool> {
  const bootstrapServers = await rig.bootstrapServers();
  const timed = await timeJavaTool(
    'VerifiableProducer',
    [
      '--bootstrap-server',
      bootstrapServers,
      '--topic',
      topic,
      '--max-messages',
      String(messages),
      '--acks',
      '-1',
    ],
    { signal: rig.signal, isSilenced: true },
  );
  await using cluster = await openCluster({ bootstrapServers, clientId: 'bench', timeoutMs: 30_000 });
  const ends = await listOffsets(cluster, topic, 'latest');
  const written = [...ends.values()].reduce((sum, end) => sum + end, 0);
  if (written !== messages)
    throw new Error(`VerifiableProducer wrote ${written} of ${messages} messages${endOf(timed.tail)}`);
  return timed;
}

/** VerifiableConsumer prints two lines per poll, few enough to read. */
async function consume(
  rig: Rig,
  topic: string,
  group: string,
  messages: number,
): ReturnType<typeof timeJavaTool> {
  let consumed = 0;
  const timed = await timeJavaTool(
    'VerifiableConsumer',
    [
      '--bootstrap-server',
      await rig.bootstrapServers(),
      '--topic',
      topic,
      '--group-id',
      group,
      '--max-messages',
      String(messages),
    ],
    {
      signal: rig.signal,
      onLine: (line) => {
        if (line.includes('"records_consumed"')) consumed += (JSON.parse(line) as { count: number }).count;
      },
    },
  );
  if (consumed !== messages)
    throw new Error(`VerifiableConsumer consumed ${consumed} of ${messages} messages${endOf(timed.tail)}`);
  return timed;
}
