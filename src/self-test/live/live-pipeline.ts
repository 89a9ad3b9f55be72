/** One pipeline of the live self-test: its stages and its audit are commands, as a user would start them. */
import { readFileSync } from 'node:fs';
import { runChild, startChild, type ChildEnd } from '../../system/nodrop-child.ts';
import { unavailableError } from '../../errors.ts';
import type { Broker } from '../../kafka/broker/broker.ts';
import type { ClientOptions } from '../../kafka/client/client-options.ts';
import type { AdminAccess } from '../../kafka/client/topics.ts';
import type { StageMessage } from '../../pipeline/stage/stage-messages.ts';
import { resultIn } from '../../result/read-result.ts';
import type { Result } from '../../result/result.ts';
import { groupOf, RunFolder, topicOf } from '../../run-folder/run-folder.ts';
import { beginningOf } from '../../workload/splitmix.ts';
import { storeOfRun } from '../../stores/engines.ts';
import { sabotageVariables, tellsOf, type Sabotage, type SabotageKind } from '../sabotage/sabotage.ts';

/** The surroundings that all pipelines share. */
export interface LiveGround {
  bootstrapServers: string;
  /** The file of client settings for the pipelines; undefined if they need none. */
  commandConfig?: string | undefined;
  /** How to connect for damage that other users of the cluster may do, with permissions for that. */
  admin?: ClientOptions;
  /** The brokers that the self-test may stop, start and damage. */
  brokers: readonly Broker[];
  /** The folder for the pipelines' folders. */
  dir: string;
  /** A database in which each pipeline has a schema; undefined: each has a file. */
  store: string | undefined;
  seed: number;
  /** The producers write transactions. */
  transactional?: boolean;
  signal: AbortSignal;
}

/** Few, but enough for several batches in each partition. */
export const liveMessages = 600;
const waitMs = 30_000;
/** A command that takes longer hangs. */
const commandMsMax = 120_000;
/** Messages per second; the producer is killed after `half` messages. */
const halfPace = 500;
const half = 100;
/** Several batches in each transaction. One that a killed producer left open is soon aborted. */
const transactionOptions = [
  '--transactional',
  '--batch-size=10',
  '--transaction-size=50',
  '-X',
  'transaction.timeout.ms=5000',
];

export class LivePipeline {
  readonly ground: LiveGround;
  readonly folder: RunFolder;
  /** The index of the defect; together with the seed, it determines all random choices. */
  readonly #index: number;
  #said = '';

  constructor(ground: LiveGround, index: number, name: string) {
    this.ground = ground;
    this.#index = index;
    this.folder = new RunFolder(ground.dir, name);
    this.folder.create();
  }

  get topic(): string {
    return topicOf(this.folder.id);
  }

  get group(): string {
    return groupOf(this.folder.id);
  }

  get store(): string {
    const { store } = this.ground;
    return store === undefined ? this.folder.store : storeOfRun(store, this.folder.id);
  }

  get access(): AdminAccess {
    const { bootstrapServers, admin: client = {}, signal } = this.ground;
    return { bootstrapServers, client, timeoutMs: waitMs, signal };
  }

  /** The stderr of all its commands. */
  get said(): string {
    return this.#said;
  }

  /** The sequence of the message that a defect damages: not one of the first or last. */
  get sequence(): number {
    return this.#pick(100, 500);
  }

  sabotage(kind: SabotageKind): Sabotage {
    if (kind === 'skip-to-end' || kind === 'trust-group' || kind === 'off-by-one')
      return { kind, sequence: 0 };
    if (kind === 'drop-dead-letter') return { kind, sequence: this.#pick(0, 10) };
    return { kind, sequence: kind === 'replay' ? this.#pick(0, half) : this.sequence };
  }

  /** Whether a stage has reported that the defect is done. */
  hasDone(sabotage: Sabotage): boolean {
    const logs = this.folder.list(/\.log$/).map((name) => readFileSync(this.folder.file(name), 'utf8'));
    return [this.#said, ...logs].some((log) => tellsOf(sabotage, log));
  }

  async run(options: readonly string[], sabotage?: Sabotage): Promise<Result | undefined> {
    const { stdout } = await this.#command(
      ['run', '--json', ...this.#sending, ...options, ...this.#kafka, ...this.#storeOption()],
      sabotage,
    );
    return resultIn(stdout);
  }

  async produce(options: readonly string[], sabotage?: Sabotage): Promise<void> {
    const args = ['produce', ...this.#sending, `--messages=${liveMessages}`];
    const { exitCode } = await this.#command([...args, ...options, ...this.#kafka], sabotage);
    if (exitCode !== 0) throw unavailableError(`The producer of ${this.folder.id} ended with ${exitCode}.`);
  }

  /** Starts a producer and kills it after some of its messages. */
  async produceHalf(): Promise<void> {
    const args = ['produce', ...this.#sending, `--messages=${liveMessages}`, `--rate=${halfPace}`];
    const child = startChild([...args, ...this.#kafka, ...this.#shared], {
      ...this.#options(),
      onMessage: (message) => {
        const said = message as StageMessage;
        if (said.type === 'progress' && said.done >= half) child.kill();
      },
    });
    this.#hear(await child.ended);
  }

  /** Ends when the store holds everything or the consumer cannot go on. The audit judges the outcome. */
  async consume(options: readonly string[] = [], sabotage?: Sabotage): Promise<void> {
    const args = ['consume', '--until-drained', ...options, ...this.#kafka, ...this.#storeOption()];
    await this.#command(args, sabotage);
  }

  async verify(): Promise<Result | undefined> {
    const { stdout } = await this.#command(['verify', this.folder.id, '--json', ...this.#commandConfig]);
    return resultIn(stdout);
  }

  /** Checks the topic, which is to hold the orders of another program. */
  async check(options: readonly string[]): Promise<Result | undefined> {
    const args = ['check', '--json', `--topic=${this.topic}`, ...options, ...this.#kafka];
    const { stdout } = await this.#command(args);
    return resultIn(stdout);
  }

  /** The options of every producer. */
  get #sending(): string[] {
    const { seed, transactional } = this.ground;
    return [`--seed=${seed}`, ...(transactional === true ? transactionOptions : [])];
  }

  get #shared(): string[] {
    return [`--run=${this.folder.id}`, `--dir=${this.ground.dir}`];
  }

  get #kafka(): string[] {
    return [`--bootstrap-server=${this.ground.bootstrapServers}`, ...this.#commandConfig];
  }

  get #commandConfig(): string[] {
    const { commandConfig } = this.ground;
    return commandConfig === undefined ? [] : [`--command-config=${commandConfig}`];
  }

  #storeOption(): string[] {
    return this.ground.store === undefined ? [] : [`--store=${this.store}`];
  }

  async #command(args: readonly string[], sabotage?: Sabotage): Promise<ChildEnd> {
    const [name, ...rest] = args;
    const isVerify = name === 'verify';
    // If an option is given twice, the last counts.
    const own = [
      `--timeout=${waitMs}ms`,
      '--quiet',
      ...(isVerify ? [`--dir=${this.ground.dir}`] : this.#shared),
    ];
    const end = await runChild([name!, ...own, ...rest], this.#options(sabotage));
    this.#hear(end);
    return end;
  }

  #hear({ stderr }: ChildEnd): void {
    this.#said += stderr;
    if (this.ground.signal.aborted) throw this.ground.signal.reason;
  }

  #options(sabotage?: Sabotage): {
    signal: AbortSignal;
    timeoutMs: number;
    env: Record<string, string | undefined>;
  } {
    // Variables that a user has set for other runs must not affect these.
    const inherited = Object.entries(process.env).filter(([name]) => !name.startsWith('NODROP_'));
    const env = { ...Object.fromEntries(inherited), ...(sabotage && sabotageVariables(sabotage)) };
    return { signal: this.ground.signal, timeoutMs: commandMsMax, env };
  }

  /** A number below `end` that follows from seed and index. */
  #pick(begin: number, end: number): number {
    return begin + (beginningOf(this.ground.seed, this.#index, begin) % (end - begin));
  }
}
