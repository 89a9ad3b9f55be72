/** The Kafka of a run: started for it, or an existing one that the user named. */
import { readSettingsFile, type ClientSettings } from '../kafka/client/client-settings.ts';
import { startKafka, type ProxiedListener, type RunningKafka } from '../kafka/broker/start-kafka.ts';
import type { StageRole } from '../pipeline/stage/stage.ts';
import type { Announcer } from './announcer.ts';
import { elapsedMs } from './elapsed-ms.ts';
import type { NetworkLinks } from './network-links.ts';
import type { RunSpec } from './run-spec.ts';

export interface RunKafka {
  bootstrapServers: string;
  /** undefined if the user named an existing Kafka. */
  broker: RunningKafka | undefined;
  /** null if none was started. */
  startMs: number | null;
  /** undefined unless faults break the network. */
  links: NetworkLinks | undefined;
}

/** What the start of Kafka needs to know of a run. */
export type KafkaSpec = Pick<
  RunSpec,
  'bootstrapServers' | 'folder' | 'brokers' | 'kafka' | 'brokerProperties' | 'timeoutMs'
> & {
  /** Names of topics and groups, for the permissions of a secured Kafka. */
  names: readonly string[];
  /** Additional listeners of the brokers. */
  listeners?: readonly ProxiedListener[] | undefined;
};

export async function openKafka(
  spec: KafkaSpec,
  links: NetworkLinks | undefined,
  announcer: Announcer,
  signal: AbortSignal,
): Promise<RunKafka> {
  const { bootstrapServers } = spec;
  if (bootstrapServers !== undefined) return { bootstrapServers, broker: undefined, startMs: null, links };
  const startedAt = performance.now();
  announcer.status('starting Apache Kafka');
  const broker = await startKafka({
    dir: spec.folder.broker,
    brokers: spec.brokers,
    ...spec.kafka,
    properties: spec.brokerProperties,
    names: spec.names,
    listeners: links?.listeners ?? spec.listeners,
    signal,
    timeoutMs: spec.timeoutMs,
    onProgress: (line) => announcer.status(line),
  });
  const startMs = elapsedMs(startedAt);
  return { bootstrapServers: broker.bootstrapServers, broker, startMs, links };
}

/** The settings of clients: those that a secured Kafka requires, and those of the user. */
export const settingsFor = ({ settings }: Pick<RunSpec, 'settings'>, { broker }: RunKafka): ClientSettings =>
  broker?.clientProperties === undefined
    ? settings
    : { ...readSettingsFile(broker.clientProperties), ...settings };

/** The address that stages of a role get for the brokers: that of proxies if faults break their network. */
export const addressFor = (role: StageRole, { links, bootstrapServers }: RunKafka): string =>
  links?.bootstrapServers(role) ?? bootstrapServers;
