/** The settings of a single broker that is its own controller, on loopback, made for short runs and quick starts. */
import { loopback } from './ports.ts';

export const nodeId = 1;

/** `extra` wins over what is set here. */
export function brokerProperties(
  dataDir: string,
  [brokerPort, controllerPort]: readonly [number, number],
  extra: Record<string, string> = {},
): string {
  const properties: Record<string, string> = {
    'process.roles': 'broker,controller',
    'node.id': String(nodeId),
    // A fixed voter, not one recorded in the log: it may have another port at the next start.
    'controller.quorum.voters': `${nodeId}@${loopback}:${controllerPort}`,
    'controller.listener.names': 'CONTROLLER',
    listeners: `PLAINTEXT://${loopback}:${brokerPort},CONTROLLER://${loopback}:${controllerPort}`,
    'advertised.listeners': `PLAINTEXT://${loopback}:${brokerPort}`,
    'listener.security.protocol.map': 'PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT',
    'log.dirs': dataDir,
    'auto.create.topics.enable': 'false',
    'group.initial.rebalance.delay.ms': '0',
    // Somebody who tries out what a dead consumer does need not wait for the default of 6 s.
    'group.min.session.timeout.ms': '1000',
    'offsets.topic.num.partitions': '1',
    'offsets.topic.replication.factor': '1',
    'transaction.state.log.num.partitions': '1',
    'transaction.state.log.replication.factor': '1',
    'transaction.state.log.min.isr': '1',
    'share.coordinator.state.topic.num.partitions': '1',
    'share.coordinator.state.topic.replication.factor': '1',
    'share.coordinator.state.topic.min.isr': '1',
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
