/** The settings of brokers that are their own controllers, on loopback, made for short runs and quick starts. */
import { loopback } from './ports.ts';

/** Where a broker of a cluster, each of which is a controller too, has its data and its ports. */
export interface BrokerPlan {
  nodeId: number;
  dataDir: string;
  port: number;
  controllerPort: number;
  listeners?: readonly ExtraListener[];
}

/** A listener of its own for those who are to come through a proxy: Kafka gives them the proxy's address. */
export interface ExtraListener {
  /** In capitals, as Kafka has it. */
  name: string;
  port: number;
  advertisedPort: number;
  /** Whether brokers use it among themselves. */
  isInterBroker: boolean;
}

/** Copies of each partition, where there are as many brokers. */
const replicationMax = 3;

/** `extra` wins over what is set here. */
export function brokerProperties(
  broker: BrokerPlan,
  cluster: readonly BrokerPlan[],
  extra: Readonly<Record<string, string>> = {},
): string {
  const { nodeId, dataDir, port, controllerPort, listeners = [] } = broker;
  const plain = [{ name: 'PLAINTEXT', port, advertisedPort: port, isInterBroker: false }, ...listeners];
  const interBroker = plain.find(({ isInterBroker }) => isInterBroker) ?? plain[0]!;
  const replication = Math.min(replicationMax, cluster.length);
  const inSyncMin = String(Math.max(1, replication - 1));
  const voters = cluster.map((each) => `${each.nodeId}@${loopback}:${each.controllerPort}`);
  const properties: Record<string, string> = {
    'process.roles': 'broker,controller',
    'node.id': String(nodeId),
    // Fixed voters, not ones recorded in the log: they may have other ports at the next start.
    'controller.quorum.voters': voters.join(','),
    'controller.listener.names': 'CONTROLLER',
    listeners: [...plain.map((each) => at(each.name, each.port)), at('CONTROLLER', controllerPort)].join(','),
    'advertised.listeners': plain.map((each) => at(each.name, each.advertisedPort)).join(','),
    'listener.security.protocol.map': [...plain, { name: 'CONTROLLER' }]
      .map(({ name }) => `${name}:PLAINTEXT`)
      .join(','),
    'inter.broker.listener.name': interBroker.name,
    'log.dirs': dataDir,
    'auto.create.topics.enable': 'false',
    'group.initial.rebalance.delay.ms': '0',
    // Somebody who tries out what a dead consumer does need not wait for the default of 6 s.
    'group.min.session.timeout.ms': '1000',
    'default.replication.factor': String(replication),
    'min.insync.replicas': inSyncMin,
    'offsets.topic.num.partitions': '1',
    'offsets.topic.replication.factor': String(replication),
    'transaction.state.log.num.partitions': '1',
    'transaction.state.log.replication.factor': String(replication),
    'transaction.state.log.min.isr': inSyncMin,
    'share.coordinator.state.topic.num.partitions': '1',
    'share.coordinator.state.topic.replication.factor': String(replication),
    'share.coordinator.state.topic.min.isr': inSyncMin,
    // By default a follower that hears nothing of its leader stays in sync for 30 s: longer than most faults.
    'replica.lag.time.max.ms': '4000',
    // A killed broker that starts again is refused until its old session has ended: 9 s by default.
    'broker.session.timeout.ms': '3000',
    'broker.heartbeat.interval.ms': '500',
    'num.network.threads': '2',
    'num.io.threads': '4',
    // Allocated and zeroed at each start: the 128 MiB of the default would cost 0.1 s.
    'log.cleaner.dedupe.buffer.size': String(16 * 1024 * 1024),
    ...extra,
  };
  const lines = Object.entries(properties).map(([key, value]) => `${escape(key)}=${escape(value)}`);
  return `${lines.join('\n')}\n`;
}

const at = (listener: string, port: number): string => `${listener}://${loopback}:${port}`;

/** A Java properties file is Latin-1, and gives a meaning to these characters. */
const escape = (text: string): string =>
  text.replace(/[\\=:#! \t\r\n\f]|[^\x20-\x7e]/g, (char) =>
    char > ' ' && char <= '~' ? `\\${char}` : `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );

const log4jFile = new URL('../../kafka/log4j2.properties', import.meta.url);

/** Arguments for Java, up to the main class. `temporaryDir`: where native libraries are unpacked. */
export const jvmArguments = (temporaryDir: string): string[] => [
  '-Xms256m',
  '-Xmx512m',
  // The first compiler alone: a start takes 1.5 s less, and runs are short.
  '-XX:TieredStopAtLevel=1',
  // No file of performance counters, which a kill would leave in the system's temporary folder.
  '-XX:-UsePerfData',
  '-XX:+ExitOnOutOfMemoryError',
  '-XX:+IgnoreUnrecognizedVMOptions',
  `-Djava.io.tmpdir=${temporaryDir}`,
  `-Dlog4j2.configurationFile=${log4jFile.href}`,
];
