/** Harm that an administrator or a disk may do to a topic during a run. */
import { readdirSync, rmSync, statSync, truncateSync } from 'node:fs';
import { join } from 'node:path';
import { openCluster } from '../../src/kafka/client/cluster.ts';
import { Deadline } from '../../src/system/deadline.ts';
import { listOffsets } from '../../src/kafka/client/list-offsets.ts';
import { readLog } from '../../src/kafka/fetch/log-read.ts';
import { startKafka } from '../../src/kafka/broker/start-kafka.ts';
import { withAdmin } from '../../src/kafka/client/topics.ts';
import { abortTransaction, addPartitions, recreate } from '../../src/self-test/live/damage-topic.ts';
import { until } from '../fixtures/nodrop.ts';
import { Trial, type Outcome } from './trial.ts';

const timeoutMs = 30_000;
const topicResource = 2;

/** The folders of the run's partitions on a broker that the run has started. */
function partitionFolders({ folder, topic }: Trial, broker: string): string[] {
  const data = join(folder.broker, broker, 'data');
  return readdirSync(data)
    .filter((name) => name.startsWith(`${topic}-`))
    .map((name) => join(data, name));
}

export const breakTopic = {
  /** The only in-sync replica comes back with an empty disk. */
  wipeLastReplica: async (trial: Trial): Promise<Outcome> => {
    let wiped = 0;
    const outcome = await trial.run(
      [
        '--brokers=3',
        '--partitions=1',
        '--rate=300',
        '--duration=22s',
        '--broker-property=min.insync.replicas=1',
        '--fault=cut:replication@1s+16s',
        '--fault=kill-leader@9s+4s',
      ],
      undefined,
      (line) => {
        const [, broker] = /kill-leader\S* acts on broker (\d+)/.exec(line) ?? [];
        if (broker === undefined) return;
        for (const path of partitionFolders(trial, `broker-${broker}`)) {
          rmSync(path, { recursive: true });
          wiped += 1;
        }
      },
    );
    return { ...outcome, fired: outcome.fired && wiped > 0 };
  },

  /** The broker dies, and its last writes never reached the disk. */
  cutSegment: async (trial: Trial): Promise<Outcome> => {
    let bytes = 0;
    const outcome = await trial.run(
      ['--rate=300', '--duration=8s', '--fault=kill-broker@3s+2s'],
      undefined,
      (line) => {
        if (!line.includes('acts on broker')) return;
        for (const path of partitionFolders(trial, '')) {
          const segment = join(path, '00000000000000000000.log');
          const { size } = statSync(segment);
          truncateSync(segment, Math.floor(size / 2));
          bytes += size - Math.floor(size / 2);
        }
      },
    );
    return { ...outcome, fired: outcome.fired && bytes > 0 };
  },

  /** Partitions are added while the producer is down; when it comes back, it keeps each key on its partition. */
  addPartitions: async (trial: Trial): Promise<Outcome> => {
    let adding: Promise<boolean> | undefined;
    const outcome = await trial.run(
      ['--rate=300', '--duration=7s', '--timeout=10s', trial.shared, '--fault=kill-producer@2s+2s'],
      undefined,
      (line) => {
        if (!line.includes('acts on the producer')) return;
        adding = addPartitions(trial);
        // The `await` below meets the error.
        adding.catch(() => undefined);
      },
    );
    return { ...outcome, fired: outcome.fired && (await adding) === true };
  },

  /** The topic is deleted and recreated before the consumer has read all of it. */
  recreate: async (trial: Trial): Promise<Outcome> => {
    let remaking: Promise<boolean> | undefined;
    const remake = async (): Promise<boolean> => {
      const { bootstrapServers } = trial.servers;
      await using cluster = await openCluster({ bootstrapServers, clientId: 'look', timeoutMs });
      const written = async (): Promise<number> =>
        [...(await listOffsets(cluster, trial.topic, 'latest')).values()].reduce((sum, end) => sum + end, 0);
      const before = await written();
      await until('some is unread', async () => (await written()) > before + 200);
      return await recreate(trial);
    };
    const outcome = await trial.run(
      ['--rate=300', '--duration=7s', '--timeout=10s', trial.shared, '--fault=pause-consumer@2s+3s'],
      undefined,
      (line) => {
        if (line.includes('acts on the consumer')) remaking = remake();
      },
    );
    return { ...outcome, fired: outcome.fired && (await remaking) === true };
  },

  /** Another producer writes copies of the run's records in a transaction and aborts it; the consumer reads uncommitted. */
  abortTransaction: async (trial: Trial): Promise<Outcome> => {
    await trial.step('produce', [`--seed=${trial.seed}`, '--messages=300', '--partitions=1']);
    const isAborted = await abortTransaction(trial);
    const isolation = ['-X', 'isolation.level=read_uncommitted'];
    await trial.consume(undefined, isolation);
    return await trial.verify(isAborted);
  },

  /** For two seconds the topic refuses messages as large as a batch. */
  refuseWrites: async (trial: Trial): Promise<Outcome> => {
    const limit = async (bytes: number): Promise<void> => {
      const config = { name: 'max.message.bytes', configOperation: 0 as const, value: String(bytes) };
      await withAdmin(trial.access, (admin) =>
        admin.incrementalAlterConfigs({
          resources: [{ resourceType: topicResource, resourceName: trial.topic, configs: [config] }],
        }),
      );
    };
    let limiting = Promise.resolve();
    const { fired, result } = await trial.run(
      [
        '--rate=300',
        '--duration=6s',
        trial.shared,
        '--fault=pause-consumer@1s+500ms',
        '--fault=pause-consumer@3s+500ms',
      ],
      undefined,
      (line) => {
        if (!line.includes('acts on')) return;
        limiting = limiting.then(async () => await limit(line.includes('@1s') ? 50 : 1_048_576));
      },
    );
    await limiting;
    return { fired: fired && result.ledger.rejected > 0, result };
  },

  /** Compaction has removed older records of a key before the consumer starts. */
  compact: async (trial: Trial): Promise<Outcome> => {
    await using kafka = await startKafka({ properties: { 'log.cleaner.backoff.ms': '200' } });
    const own = new Trial(
      trial.seed,
      { ...trial.servers, bootstrapServers: kafka.bootstrapServers },
      trial.chaos,
    );
    await withAdmin(own.access, (admin) =>
      admin.createTopics({
        topics: [own.topic],
        partitions: 1,
        replicas: 1,
        configs: [
          { name: 'cleanup.policy', value: 'compact' },
          { name: 'min.cleanable.dirty.ratio', value: '0.01' },
          { name: 'segment.ms', value: '200' },
          { name: 'segment.bytes', value: '1048576' },
        ],
      }),
    );
    await own.step('produce', [
      `--seed=${own.seed}`,
      '--messages=12000',
      '--payload-bytes=300',
      '--rate=4000',
    ]);
    await using cluster = await openCluster({
      bootstrapServers: kafka.bootstrapServers,
      clientId: 'look',
      timeoutMs,
    });
    const topic = (await cluster.metadata(own.topic))!;
    let left = Infinity;
    await until('it was compacted', async () => {
      const [end] = (await listOffsets(cluster, own.topic, 'latest')).values();
      left = 0;
      await readLog(
        cluster,
        topic,
        [{ partition: 0, start: 0, end: end! }],
        new Deadline(timeoutMs),
        (_, batch) => {
          left += batch.offset.length;
        },
      );
      return left < 12_000;
    });
    await own.consume();
    return await own.verify(left < 12_000);
  },
};
