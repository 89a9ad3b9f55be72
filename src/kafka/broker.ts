/** One broker on loopback, from its settings to its end. It never outlives nodrop. */
import { mkdir, open, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { usageError } from '../errors.ts';
import { brokerProperties, jvmArguments, type BrokerPlan } from './broker-settings.ts';
import { archiveArguments, keepArchive } from './class-data-archive.ts';
import type { ProgressOptions } from './maven.ts';
import { loopback } from './ports.ts';
import { leftoverGone, leftoverProcess, recordProcess, removeRecord } from './process-record.ts';
import type { KafkaRuntime } from './runtime.ts';
import { formatStorage } from './storage.ts';
import { spawnSupervised, type Supervised } from './supervise.ts';
import { untilStarted } from './until-started.ts';

/** A clean stop takes 0.3 s, and 5 s when the archive of classes is written. */
const stopGraceMs = 30_000;
/** How long the broker of a nodrop that was just killed may take to vanish from its folder. */
const leftoverGraceMs = 1_000;

export interface BrokerOptions extends ProgressOptions {
  dir: string;
  runtime: KafkaRuntime;
  plan: BrokerPlan;
  /** All of its cluster, itself included. */
  cluster: readonly BrokerPlan[];
  clusterId: string;
  properties: Readonly<Record<string, string>>;
  timeoutMs: number;
  /** Told when it ends though nobody here ended it. */
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

  /** undefined while it does not run. */
  get pid(): number | undefined {
    return this.#process?.pid;
  }

  /**
   * Starts it, where it does not run, on what its folder holds, and waits until it serves. Throws `usage` for a
   * folder in use, or `unavailable` with the end of its log.
   */
  async start(signal = this.#options.signal): Promise<'started' | 'port-taken'> {
    const { dir, runtime, plan, cluster, clusterId, properties, timeoutMs } = this.#options;
    await this.#claimFolder();
    const settingsFile = join(dir, 'server.properties');
    await writeFile(settingsFile, brokerProperties(plan, cluster, properties), { mode: 0o600 });
    await formatStorage({ ...plan, clusterId }, settingsFile, runtime, this.#options);
    await using log = await open(this.logFile, 'a+', 0o600);
    const logStart = (await log.stat()).size;
    // One archive is enough, and all would be written at once.
    const isArchivist = runtime.hasArchive || plan.nodeId === cluster[0]!.nodeId;
    const java = [...jvmArguments(join(dir, 'tmp')), ...(isArchivist ? archiveArguments(dir, runtime) : [])];
    const started = await spawnSupervised(runtime.java.path, [...java, 'kafka.Kafka', settingsFile], {
      output: log.fd,
      cwd: dir,
      env: runtime.env,
    });
    try {
      await recordProcess(dir, started.pid, settingsFile);
      const outcome = await untilStarted(started, { log, logStart, timeoutMs, signal });
      if (outcome === 'port-taken') return outcome;
      this.#process = started;
      void started.exited.then((code) => this.#hearOfEnd(started, code));
      return outcome;
    } catch (error) {
      await started.end(0);
      await removeRecord(dir);
      throw error;
    }
  }

  /** SIGKILL; returns once it is gone. */
  async kill(): Promise<void> {
    await this.#end(0);
  }

  /** SIGTERM, for which it hands over what it leads; SIGKILL where that takes too long. */
  async stop(): Promise<void> {
    await this.#end(stopGraceMs);
  }

  suspend(): void {
    this.#process?.suspend();
  }

  resume(): void {
    this.#process?.resume();
  }

  async #claimFolder(): Promise<void> {
    const { dir } = this.#options;
    await mkdir(join(dir, 'tmp'), { recursive: true, mode: 0o700 });
    if (!(await leftoverGone(dir, leftoverGraceMs))) {
      throw usageError(`A broker (process ${await leftoverProcess(dir)}) runs in ${dir} already.`);
    }
  }

  async #end(graceMs: number): Promise<void> {
    const ending = this.#process;
    if (ending === undefined) return;
    this.#process = undefined;
    // One that is suspended does not hear that it is to stop.
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
