/**
 * The ZooKeeper that keeps a cluster's metadata if its brokers (Kafka 3.9) are not controllers: one more process on
 * loopback, for as long as the cluster runs.
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

  /** Throws the same errors as `Broker.start`. */
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
      // The last line of its start: ZooKeeper already answers before it serves.
      startedTexts: ['ZooKeeper audit is disabled'],
    };
    const started = await startJavaProgram(program, runtime, this.#options);
    if (started === 'port-taken') return started;
    this.#process = started;
    void started.exited.then((code) => this.#process === started && onExit(code));
    return 'started';
  }

  /**
   * Waits until ZooKeeper considers a killed broker dead: a broker that restarts earlier is refused as a duplicate of
   * itself, and ends. Throws `unavailable`.
   */
  async untilForgotten(brokerId: number, timeoutMs: number, signal: AbortSignal | undefined): Promise<void> {
    const isForgotten = async (): Promise<boolean> => hasForgotten(await this.#sessions(), brokerId);
    if (await new Deadline(timeoutMs, signal).poll(isForgotten, pollMs)) return;
    throw unavailableError(`ZooKeeper still knows broker ${brokerId} after ${timeoutMs} ms.`);
  }

  /** Kills ZooKeeper. The brokers have ended, so it has nothing more to do, and its data are on disk. */
  async end(): Promise<void> {
    const ending = this.#process;
    if (ending === undefined) return;
    this.#process = undefined;
    await ending.end(0);
    await removeRecord(this.dir);
  }

  /** The open sessions, and what each of them has registered. */
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

/** If ZooKeeper does not serve, its answer says so and lists no sessions. */
const hasForgotten = (sessions: string, brokerId: number): boolean =>
  sessions.includes('Sessions with Ephemerals') &&
  !new RegExp(`/brokers/ids/${brokerId}$`, 'm').test(sessions);

const settings = (dataDir: string, port: number): string =>
  propertiesText({
    dataDir,
    clientPort: String(port),
    clientPortAddress: loopback,
    // A session's timeout is at least two ticks, and at most twenty.
    tickTime: '500',
    maxClientCnxns: '0',
    'admin.enableServer': 'false',
    '4lw.commands.whitelist': 'dump',
    // Its data must survive a kill, but not a crash of the machine.
    forceSync: 'no',
  });
