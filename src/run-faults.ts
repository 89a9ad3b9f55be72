/** A run's faults under way, and its pipeline as they see it: brokers, stages, and what the cluster says of the topic. */
import { writeFileSync } from 'node:fs';
import type { ClientSettings } from './client-config.ts';
import { unavailableError } from './errors.ts';
import { faultFileText, type ScheduledFault } from './faults/fault-schedule.ts';
import type { BrokerVictim, Pipeline } from './faults/fault.ts';
import { beginSchedule, type RunningSchedule } from './faults/run-schedule.ts';
import type { Broker } from './kafka/broker.ts';
import { clientFromSettings } from './kafka/client-from-settings.ts';
import { openCluster, type Cluster } from './kafka/cluster.ts';
import { activeController } from './kafka/quorum.ts';
import type { StagePlace } from './pipeline/stage-place.ts';
import type { FaultRecord } from './result.ts';
import type { RunFolder } from './run-folder.ts';

/** Of a question to the cluster while part of it is away. */
const questionTimeoutMs = 10_000;

export interface FaultSubjects {
  /** None where Kafka is somebody else's. */
  brokers: readonly Broker[];
  producers: readonly StagePlace[];
  consumers: readonly StagePlace[];
  links: Pipeline['links'];
  bootstrapServers: string;
  settings: ClientSettings;
  topic: string;
}

export class RunFaults implements AsyncDisposable {
  readonly #pipeline: RunPipeline;
  readonly #schedule: RunningSchedule;

  /** They count from now. The schedule is left in the run's folder, to be repeated. */
  constructor(
    schedule: readonly ScheduledFault[],
    subjects: FaultSubjects,
    folder: RunFolder,
    observer: { note(line: string): void },
    signal: AbortSignal,
  ) {
    writeFileSync(folder.faults, faultFileText(schedule), { mode: 0o600 });
    this.#pipeline = new RunPipeline(subjects);
    this.#schedule = beginSchedule(schedule, this.#pipeline, (line) => observer.note(line));
    // Whoever stops the run is not to wait for what was to come.
    signal.addEventListener('abort', () => void this.end(), { once: true });
  }

  /** Mends what is under way, drops what is not due yet, and tells what became of all. */
  async end(): Promise<FaultRecord[]> {
    return await this.#schedule.end();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.end();
    await this.#pipeline.close();
  }
}

class RunPipeline implements Pipeline {
  readonly brokers: readonly BrokerVictim[];
  readonly producers: readonly StagePlace[];
  readonly consumers: readonly StagePlace[];
  readonly links: Pipeline['links'];
  readonly #subjects: FaultSubjects;
  #cluster: Promise<Cluster> | undefined;

  constructor(subjects: FaultSubjects) {
    this.#subjects = subjects;
    this.brokers = subjects.brokers.map(asVictim);
    this.producers = subjects.producers;
    this.consumers = subjects.consumers;
    this.links = subjects.links;
  }

  async partitions(): ReturnType<Pipeline['partitions']> {
    const { topic } = this.#subjects;
    const found = await (await this.#open()).metadata(topic);
    if (found === undefined) throw unavailableError(`there is no topic ${topic} yet`);
    return found.partitions;
  }

  async controller(): Promise<number> {
    return await activeController(await this.#open());
  }

  async close(): Promise<void> {
    // One that could not be opened has told whoever asked.
    await this.#cluster?.then((cluster) => cluster.close()).catch(() => undefined);
  }

  #open(): Promise<Cluster> {
    const { bootstrapServers, settings } = this.#subjects;
    const opening = (this.#cluster ??= openCluster({
      bootstrapServers,
      clientId: 'nodrop-faults',
      client: clientFromSettings(settings),
      timeoutMs: questionTimeoutMs,
    }));
    // The next question tries again.
    opening.catch(() => (this.#cluster = undefined));
    return opening;
  }
}

const asVictim = (broker: Broker): BrokerVictim => ({
  nodeId: broker.nodeId,
  name: `broker ${broker.nodeId}`,
  get pid() {
    return broker.pid;
  },
  kill: () => broker.kill(),
  stop: () => broker.stop(),
  suspend: () => broker.suspend(),
  resume: () => broker.resume(),
  start: async () => {
    // Also where the run was stopped meanwhile: what was stored is still to be read.
    const outcome = await broker.start(new AbortController().signal);
    if (outcome === 'port-taken') throw unavailableError(`${broker.address} was taken meanwhile`);
  },
});
