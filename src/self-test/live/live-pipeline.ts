/** One pipeline of the live self-test: stages and audit, each a command as a user would start it. */
import { readFileSync } from 'node:fs';
import { runChild, startChild, type ChildEnd } from '../../system/nodrop-child.ts';
import { unavailableError } from '../../errors.ts';
import type { Broker } from '../../kafka/broker/broker.ts';
import type { AdminAccess } from '../../kafka/client/topics.ts';
import type { StageMessage } from '../../pipeline/stage/stage-messages.ts';
import { resultIn } from '../../result/read-result.ts';
import type { Result } from '../../result/result.ts';
import { groupOf, RunFolder, topicOf } from '../../run-folder/run-folder.ts';
import { beginningOf } from '../../workload/splitmix.ts';
import { storeOfRun } from '../../stores/engines.ts';
import { sabotageVariables, tellsOf, type Sabotage, type SabotageKind } from '../sabotage/sabotage.ts';

/** Where pipelines are put. */
export interface LiveGround {
  bootstrapServers: string;
  /** Those that may be ended, started and tampered with. */
  brokers: readonly Broker[];
  /** Where their folders go. */
  dir: string;
  /** A database in which each has a schema of its own; undefined for a file of its own. */
  store: string | undefined;
  seed: number;
  signal: AbortSignal;
}

/** Small, and yet several batches in each partition. */
export const liveMessages = 600;
const waitMs = 30_000;
/** A command that is still at work then hangs. */
const commandMsMax = 120_000;
/** Messages a second, of which so many are sent before the producer is killed. */
const halfPace = 500;
const half = 100;

export class LivePipeline {
  readonly ground: LiveGround;
  readonly folder: RunFolder;
  /** Its place among all: with the seed, it decides what chance decides. */
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
    const { bootstrapServers, signal } = this.ground;
    return { bootstrapServers, client: {}, timeoutMs: waitMs, signal };
  }

  /** All that its commands said of themselves. */
  get said(): string {
    return this.#said;
  }

  /** The message that is concerned, where one is: from the midst of them. */
  get sequence(): number {
    return this.#pick(100, 500);
  }

  sabotage(kind: SabotageKind): Sabotage {
    if (kind === 'skip-to-end' || kind === 'trust-group' || kind === 'off-by-one')
      return { kind, sequence: 0 };
    if (kind === 'drop-dead-letter') return { kind, sequence: this.#pick(0, 10) };
    return { kind, sequence: kind === 'replay' ? this.#pick(0, half) : this.sequence };
  }

  /** Whether a stage has said that it did it. */
  hasDone(sabotage: Sabotage): boolean {
    const logs = this.folder.list(/\.log$/).map((name) => readFileSync(this.folder.file(name), 'utf8'));
    return [this.#said, ...logs].some((log) => tellsOf(sabotage, log));
  }

  async run(options: readonly string[], sabotage?: Sabotage): Promise<Result | undefined> {
    const { stdout } = await this.#command(
      ['run', '--json', `--seed=${this.ground.seed}`, ...options, ...this.#kafka, ...this.#storeOption()],
      sabotage,
    );
    return resultIn(stdout);
  }

  async produce(options: readonly string[], sabotage?: Sabotage): Promise<void> {
    const args = ['produce', `--seed=${this.ground.seed}`, `--messages=${liveMessages}`];
    const { exitCode } = await this.#command([...args, ...options, ...this.#kafka], sabotage);
    if (exitCode !== 0) throw unavailableError(`The producer of ${this.folder.id} ended with ${exitCode}.`);
  }

  /** It is killed with some of its messages sent, and does not come back by itself. */
  async produceHalf(): Promise<void> {
    const args = [
      'produce',
      `--seed=${this.ground.seed}`,
      `--messages=${liveMessages}`,
      `--rate=${halfPace}`,
    ];
    const child = startChild([...args, ...this.#kafka, ...this.#shared], {
      ...this.#options(),
      onMessage: (message) => {
        const said = message as StageMessage;
        if (said.type === 'progress' && said.done >= half) child.kill();
      },
    });
    this.#hear(await child.ended);
  }

  /** Until the store holds all there is, or the consumer cannot go on: what that means, the audit says. */
  async consume(options: readonly string[] = [], sabotage?: Sabotage): Promise<void> {
    const args = ['consume', '--until-drained', ...options, ...this.#kafka, ...this.#storeOption()];
    await this.#command(args, sabotage);
  }

  async verify(): Promise<Result | undefined> {
    const { stdout } = await this.#command(['verify', this.folder.id, '--json']);
    return resultIn(stdout);
  }

  get #shared(): string[] {
    return [`--run=${this.folder.id}`, `--dir=${this.ground.dir}`];
  }

  get #kafka(): string[] {
    return [`--bootstrap-server=${this.ground.bootstrapServers}`];
  }

  #storeOption(): string[] {
    return this.ground.store === undefined ? [] : [`--store=${this.store}`];
  }

  async #command(args: readonly string[], sabotage?: Sabotage): Promise<ChildEnd> {
    const [name, ...rest] = args;
    const isVerify = name === 'verify';
    // An option that stands twice counts as it stands last.
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
    // What somebody has set for his own runs is not to reach these.
    const inherited = Object.entries(process.env).filter(([name]) => !name.startsWith('NODROP_'));
    const env = { ...Object.fromEntries(inherited), ...(sabotage && sabotageVariables(sabotage)) };
    return { signal: this.ground.signal, timeoutMs: commandMsMax, env };
  }

  /** A number below `end` that follows from seed and index. */
  #pick(begin: number, end: number): number {
    return begin + (beginningOf(this.ground.seed, this.#index, begin) % (end - begin));
  }
}
