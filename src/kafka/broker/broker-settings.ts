/** The settings of brokers on loopback, chosen for short runs and quick starts. */
import { isIP } from 'node:net';
import { isAtLeast } from './versions.ts';
import { loopback } from '../../system/ports.ts';
import { propertiesText } from './properties-text.ts';
import {
  brokerListener,
  clientListener,
  protocolOf,
  securedProperties,
  type SecuredCluster,
} from './secured-settings.ts';

export interface ClusterPlan {
  kafkaVersion: string;
  clusterId: string;
  /** At least one. */
  brokers: readonly BrokerPlan[];
  /** The port of the ZooKeeper that keeps the metadata; undefined if each broker is a controller too. */
  zookeeperPort: number | undefined;
  /** undefined: anyone on this machine may do everything. */
  security?: SecuredCluster | undefined;
}

/** The data folder and the ports of one broker. */
export interface BrokerPlan {
  nodeId: number;
  dataDir: string;
  port: number;
  /** Unused if the cluster has a ZooKeeper. */
  controllerPort: number;
  /** For the brokers among themselves, if the cluster is secured. */
  brokerPort?: number;
  listeners?: readonly ExtraListener[];
}

/** A further listener, for connections through a proxy: Kafka advertises the proxy's address for it. */
export interface ExtraListener {
  /** In capitals, as Kafka requires. */
  name: string;
  port: number;
  advertisedPort: number;
  /** Default: the loopback address. */
  advertisedHost?: string | undefined;
  /** Whether brokers use it among themselves. */
  isInterBroker: boolean;
}

/** Replicas of each partition, if there are as many brokers. */
const replicationMax = 3;

/**
 * How long (ms) a broker may be silent until it counts as dead. A broker that was killed waits for that at its restart.
 */
const sessionTimeout = '3000';

/** `extra` overrides nodrop's own settings. */
export function brokerProperties(
  broker: BrokerPlan,
  cluster: ClusterPlan,
  extra: Readonly<Record<string, string>> = {},
): string {
  const replication = Math.min(replicationMax, cluster.brokers.length);
  const inSyncMin = String(Math.max(1, replication - 1));
  return propertiesText({
    ...(cluster.zookeeperPort === undefined
      ? controllerProperties(broker, cluster.brokers)
      : zookeeperProperties(broker, cluster.zookeeperPort)),
    ...listenerProperties(broker, cluster),
    'log.dirs': broker.dataDir,
    'auto.create.topics.enable': 'false',
    'group.initial.rebalance.delay.ms': '0',
    // A user who tries out a dead consumer need not wait for the default (6 s).
    'group.min.session.timeout.ms': '1000',
    'default.replication.factor': String(replication),
    'min.insync.replicas': inSyncMin,
    'offsets.topic.num.partitions': '1',
    'offsets.topic.replication.factor': String(replication),
    'transaction.state.log.num.partitions': '1',
    'transaction.state.log.replication.factor': String(replication),
    'transaction.state.log.min.isr': inSyncMin,
    // How often the coordinator looks for transactions that take too long (default: 10 s).
    'transaction.abort.timed.out.transaction.cleanup.interval.ms': '1000',
    ...(isAtLeast(cluster.kafkaVersion, 4, 0) && {
      'share.coordinator.state.topic.num.partitions': '1',
      'share.coordinator.state.topic.replication.factor': String(replication),
      'share.coordinator.state.topic.min.isr': inSyncMin,
    }),
    // By default, a follower that does not reach its leader stays in sync for 30 s: longer than most faults.
    'replica.lag.time.max.ms': '4000',
    'num.network.threads': '2',
    'num.io.threads': '4',
    // The broker allocates and zeroes it at each start: the default (128 MiB) would cost 0.1 s.
    'log.cleaner.dedupe.buffer.size': String(16 * 1024 * 1024),
    ...extra,
  });
}

/** The settings of a broker that is a controller too. */
function controllerProperties(
  { nodeId }: BrokerPlan,
  brokers: readonly BrokerPlan[],
): Record<string, string> {
  const voters = brokers.map((each) => `${each.nodeId}@${loopback}:${each.controllerPort}`);
  return {
    'process.roles': 'broker,controller',
    'node.id': String(nodeId),
    // Fixed voters, not voters recorded in the log: their ports may change at the next start.
    'controller.quorum.voters': voters.join(','),
    'controller.listener.names': 'CONTROLLER',
    'broker.session.timeout.ms': sessionTimeout,
    'broker.heartbeat.interval.ms': '500',
  };
}

const zookeeperProperties = ({ nodeId }: BrokerPlan, zookeeperPort: number): Record<string, string> => ({
  'broker.id': String(nodeId),
  'zookeeper.connect': `${loopback}:${zookeeperPort}`,
  'zookeeper.session.timeout.ms': sessionTimeout,
  // The default is the session timeout: too short for a machine that is busy with several starts.
  'zookeeper.connection.timeout.ms': '30000',
  // If all brokers are stopped together, the last has no broker to hand over to, and tries three times (default: every
  // 5 s).
  'controlled.shutdown.retry.backoff.ms': '500',
});

/**
 * Clients of a secured cluster, and its brokers among themselves, use listeners of their own: they prove in different
 * ways who they are.
 */
function listenerProperties(
  { port, controllerPort, brokerPort, listeners = [] }: BrokerPlan,
  { zookeeperPort, security }: ClusterPlan,
): Record<string, string> {
  const own = (name: string, at: number): ExtraListener => ({
    name,
    port: at,
    advertisedPort: at,
    isInterBroker: name === brokerListener,
  });
  const advertised = [
    own(security === undefined ? 'PLAINTEXT' : clientListener, port),
    ...listeners,
    ...(brokerPort === undefined ? [] : [own(brokerListener, brokerPort)]),
  ];
  const interBroker = advertised.find(({ isInterBroker }) => isInterBroker) ?? advertised[0]!;
  const all = [...advertised, ...(zookeeperPort === undefined ? [own('CONTROLLER', controllerPort)] : [])];
  const forClients = advertised.filter(({ isInterBroker }) => !isInterBroker).map(({ name }) => name);
  return {
    listeners: all.map((each) => at(each.name, each.port, boundHost(each.advertisedHost))).join(','),
    'advertised.listeners': advertised
      .map((each) => at(each.name, each.advertisedPort, each.advertisedHost))
      .join(','),
    'listener.security.protocol.map': all
      .map(({ name }) => `${name}:${protocolOf(security, forClients.includes(name))}`)
      .join(','),
    'inter.broker.listener.name': interBroker.name,
    ...(security && securedProperties(security, forClients)),
  };
}

const at = (listener: string, port: number, host: string = loopback): string =>
  `${listener}://${host.includes(':') ? `[${host}]` : host}:${port}`;

/**
 * Where a listener that is advertised under a host listens. An address of this machine, such as that of a bridge to
 * containers, is one to listen at. A name may mean another address here than in a container, so it opens none.
 */
export const boundHost = (advertisedHost: string = loopback): string =>
  isIP(advertisedHost) === 0 ? loopback : advertisedHost;

const log4jFile = new URL('../../../kafka/log4j2.properties', import.meta.url);

/** Arguments for Java, up to the main class. `temporaryDir`: where native libraries are unpacked. */
export const jvmArguments = (temporaryDir: string): string[] => [
  '-Xms256m',
  '-Xmx512m',
  // Only the first compiler: a start takes 1.5 s less, and runs are short.
  '-XX:TieredStopAtLevel=1',
  // No file of performance counters: after a kill it would stay in the system's temporary folder.
  '-XX:-UsePerfData',
  '-XX:+ExitOnOutOfMemoryError',
  '-XX:+IgnoreUnrecognizedVMOptions',
  `-Djava.io.tmpdir=${temporaryDir}`,
  `-Dlog4j2.configurationFile=${log4jFile.href}`,
];
