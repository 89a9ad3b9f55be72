/** The Kafka of a run: one that is started for it, or another that the user named. */
import { startKafka, type RunningKafka } from '../kafka/broker/start-kafka.ts';
import type { StageRole } from '../pipeline/stage/stage.ts';
import type { Announcer } from './announcer.ts';
import { elapsedMs } from './elapsed-ms.ts';
import type { NetworkLinks } from './network-links.ts';
import type { RunSpec } from './run-spec.ts';

export interface RunKafka {
  bootstrapServers: string;
  /** undefined where the user named another Kafka. */
  broker: RunningKafka | undefined;
  /** null where none was started. */
  startMs: number | null;
  /** Where the schedule breaks the network. */
  links: NetworkLinks | undefined;
}

export async function openKafka(
  spec: RunSpec,
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
    listeners: links?.listeners,
    signal,
    timeoutMs: spec.timeoutMs,
    onProgress: (line) => announcer.status(line),
  });
  const startMs = elapsedMs(startedAt);
  return { bootstrapServers: broker.bootstrapServers, broker, startMs, links };
}

/** Where the stages of a role are to find the brokers: behind proxies, where the schedule breaks their network. */
export const addressFor = (role: StageRole, { links, bootstrapServers }: RunKafka): string =>
  links?.bootstrapServers(role) ?? bootstrapServers;
