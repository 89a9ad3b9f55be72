/**
 * The ZooKeeper that keeps a cluster's metadata where its brokers, of Kafka 3.9, are no controllers: one process beside
 * them, on loopback, for as long as the cluster runs.
 */
import { once } from 'node:events';
import { connect } from 'node:net';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';

import { messageOf, unavailableError } from '../../errors.ts';
import { writeWhole } from '../../system/write-whole.ts';
import { archiveOf } from './class-data-archive.ts';
import { Deadline } from '../../system/deadline.ts';
import { claimProgramFolder, startJavaProgram } from './java-program.ts';
import { loopback } from '../../system/ports.ts';
import { removeRecord } from '../../system/process-record.ts';
import { propertiesText } from './properties-text.ts';
import type { KafkaRuntime } from './runtime.ts';
import type { Supervised } from '../../system/supervise.ts';

const pollMs = 50;
const answerMsMax = 5_000;

export interface ZooKeeperOptions {
  dir: string;
  port: number;
  runtime: KafkaRuntime;
  timeoutMs: number;
  signal: AbortSignal | undefined;
  /** Called when the process exits without having been stopped. */
  onExit: (code: number) => void;
}

export class ZooKeeper {
  readonly dir: string;
  readonly logFile: string;
  readonly #options: ZooKeeperOptions;
  #process: Supervised | undefined;

  constructor(options: ZooKeeperOptions) {
    this.#options = options;
    this.dir = options.dir;
    this.logFile = join(options.dir, 'zookeeper.log');
  }

  /** Throws as a broker's start does. */
  async start(): Promise<'started' | 'port-taken'> {
    const { dir, port, runtime, onExit } = this.#options;
    await claimProgramFolder(dir, 'A ZooKeeper');
    const settingsFile = join(dir, 'zookeeper.properties');
    writeWhole(settingsFile, settings(join(dir, 'data'), port));
    const program = {
      name: 'ZooKeeper',
      dir,
      logFile: this.logFile,
      javaArguments: archiveOf(runtime),
      mainClass: 'org.apache.zookeeper.server.ZooKeeperServerMain',
      settingsFile,
      // The last of what it says: it answers earlier, before it serves.
      startedTexts: ['ZooKeeper audit is disabled'],
    };
    const started = await startJavaProgram(program, runtime, this.#options);
    if (started === 'port-taken') return started;
    this.#process = started;
    void started.exited.then((code) => this.#process === started && onExit(code));
    return 'started';
  }

  /**
   * Waits until it takes a broker that was killed for dead: one that starts before is refused as its own double, and
   * ends. Throws `unavailable`.
   */
  async untilForgotten(brokerId: number, timeoutMs: number, signal: AbortSignal | undefined): Promise<void> {
    const isForgotten = async (): Promise<boolean> => hasForgotten(await this.#sessions(), brokerId);
    if (await new Deadline(timeoutMs, signal).poll(isForgotten, pollMs)) return;
    throw unavailableError(`ZooKeeper still knows broker ${brokerId} after ${timeoutMs} ms.`);
  }

  /** It has no more to do once it is not asked any more, and what it has taken in is on disk: it is killed. */
  async end(): Promise<void> {
    const ending = this.#process;
    if (ending === undefined) return;
    this.#process = undefined;
    await ending.end(0);
    await removeRecord(this.dir);
  }

  /** All that are open, and what each of them has registered. */
  async #sessions(): Promise<string> {
    try {
      const socket = connect(this.#options.port, loopback);
      socket.setTimeout(answerMsMax, () => socket.destroy(new Error(`no answer for ${answerMsMax} ms`)));
      await once(socket, 'connect');
      socket.write('dump');
      return await text(socket);
    } catch (error) {
      throw unavailableError(`ZooKeeper does not answer: ${messageOf(error)}. Its log: ${this.logFile}`);
    }
  }
}

/** Where it does not serve it says so, instead of what it knows. */
const hasForgotten = (sessions: string, brokerId: number): boolean =>
  sessions.includes('Sessions with Ephemerals') &&
  !new RegExp(`/brokers/ids/${brokerId}$`, 'm').test(sessions);

const settings = (dataDir: string, port: number): string =>
  propertiesText({
    dataDir,
    clientPort: String(port),
    clientPortAddress: loopback,
    // A session lasts for two ticks at least, and for twenty at most.
    tickTime: '500',
    maxClientCnxns: '0',
    'admin.enableServer': 'false',
    '4lw.commands.whitelist': 'dump',
    // It is to survive its own death, not the machine's.
    forceSync: 'no',
  });
