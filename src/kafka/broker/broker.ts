/** One broker on loopback, from its settings to its end. It never outlives nodrop. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';

import { usageError } from '../../errors.ts';
import { writeWhole } from '../../system/write-whole.ts';
import { brokerProperties, type BrokerPlan, type ClusterPlan } from './broker-settings.ts';
import { archiveArguments, keepArchive } from './class-data-archive.ts';
import { claimProgramFolder, startJavaProgram } from './java-program.ts';
import type { ProgressOptions } from './maven.ts';
import { loopback } from '../../system/ports.ts';
import { removeRecord } from '../../system/process-record.ts';
import type { KafkaRuntime } from './runtime.ts';
import { securedArguments } from './secured-settings.ts';
import { formatStorage } from './storage.ts';
import type { Supervised } from '../../system/supervise.ts';
import type { ZooKeeper } from './zookeeper.ts';

/** A clean stop takes 0.3 s, or 5 s if Java writes the archive of classes. */
const stopGraceMs = 30_000;

/** A broker with ZooKeeper serves before it knows its cluster, and would then report a cluster without brokers. */
const startedBesideZooKeeper = ['] started (kafka.server.KafkaServer)', 'Recorded new ZK controller'];

export interface BrokerOptions extends ProgressOptions {
  dir: string;
  runtime: KafkaRuntime;
  plan: BrokerPlan;
  /** The broker's whole cluster, including itself. */
  cluster: ClusterPlan;
  /** Keeps the cluster's metadata; undefined if the brokers keep it. */
  zookeeper: ZooKeeper | undefined;
  properties: Readonly<Record<string, string>>;
  timeoutMs: number;
  /** Called when the process exits without having been stopped. */
  onExit: (code: number) => void;
}

export class Broker {
  readonly nodeId: number;
  readonly address: string;
  readonly dir: string;
  readonly logFile: string;
  readonly #options: BrokerOptions;
  #process: Supervised | undefined;

  constructor(options: BrokerOptions) {
    this.#options = options;
    this.nodeId = options.plan.nodeId;
    this.address = `${loopback}:${options.plan.port}`;
    this.dir = options.dir;
    this.logFile = join(options.dir, 'broker.log');
  }

  /** undefined while the broker does not run. */
  get pid(): number | undefined {
    return this.#process?.pid;
  }

  /**
   * Starts the broker on the data in its folder, and waits until it serves. Throws `usage` if a process already uses
   * the folder, or `unavailable` with the end of the broker's log.
   */
  async start(signal = this.#options.signal): Promise<'started' | 'port-taken'> {
    const { dir, runtime, plan, cluster, zookeeper, properties, timeoutMs } = this.#options;
    await claimProgramFolder(dir, 'A broker');
    const settingsFile = join(dir, 'server.properties');
    // The settings are written before the data.
    if (!existsSync(settingsFile) && existsSync(join(plan.dataDir, 'meta.properties'))) {
      throw usageError(`${dir} holds data of a Kafka that nodrop did not start.`, 'Choose another folder.');
    }
    writeWhole(settingsFile, brokerProperties(plan, cluster, properties));
    if (zookeeper === undefined) await formatStorage(plan, cluster, settingsFile, runtime, this.#options);
    else await zookeeper.untilForgotten(plan.nodeId, timeoutMs, signal);
    // One broker writes the archive: it is enough, and all brokers would write theirs at the same time.
    const isArchivist = runtime.hasArchive || plan.nodeId === cluster.brokers[0]!.nodeId;
    const program = {
      name: 'Kafka',
      dir,
      logFile: this.logFile,
      javaArguments: [...(isArchivist ? archiveArguments(dir, runtime) : []), ...securedArguments(cluster)],
      mainClass: 'kafka.Kafka',
      settingsFile,
      startedTexts: zookeeper === undefined ? ['Kafka Server started'] : startedBesideZooKeeper,
    };
    const started = await startJavaProgram(program, runtime, { timeoutMs, signal });
    if (started === 'port-taken') return started;
    this.#process = started;
    void started.exited.then((code) => this.#hearOfEnd(started, code));
    return 'started';
  }

  /** SIGKILL; returns once the process is gone. */
  async kill(): Promise<void> {
    await this.#end(0);
  }

  /** SIGTERM, so that the broker hands over its leaderships; SIGKILL if that takes too long. */
  async stop(): Promise<void> {
    await this.#end(stopGraceMs);
  }

  suspend(): void {
    this.#process?.suspend();
  }

  resume(): void {
    this.#process?.resume();
  }

  async #end(graceMs: number): Promise<void> {
    const ending = this.#process;
    if (ending === undefined) return;
    this.#process = undefined;
    // A suspended process does not receive SIGTERM.
    ending.resume();
    const code = await ending.end(graceMs);
    await this.#tidy(code);
  }

  async #hearOfEnd(ended: Supervised, code: number): Promise<void> {
    if (this.#process !== ended) return;
    this.#process = undefined;
    await this.#tidy(code);
    this.#options.onExit(code);
  }

  async #tidy(code: number): Promise<void> {
    const { dir, runtime } = this.#options;
    await keepArchive(dir, code, runtime, this.#options);
    await removeRecord(dir);
  }
}
