/** One run with a deliberate defect: how to start it, and its outcome. */
import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { Deadline } from '../../src/system/deadline.ts';
import { deleteGroup } from '../../src/kafka/client/groups.ts';
import type { Result } from '../../src/result/result.ts';
import { groupOf, RunFolder, topicOf } from '../../src/run-folder/run-folder.ts';
import type { PointName } from '../../src/pipeline/stage/failpoints.ts';
import { newDir, nodrop, start, startUpTo } from '../fixtures/nodrop.ts';
import { joined, underChaos } from './chaos-on-top.ts';

export interface Outcome {
  /** Whether the defect occurred, according to another source than the audit. */
  fired: boolean;
  result: Result;
}

export interface Servers {
  bootstrapServers: string;
  postgres: { location: string; password: string };
}

/** The group soon removes a member that was killed. */
const soonMissed = ['-X', 'session.timeout.ms=1000', '-X', 'heartbeat.interval.ms=300'];

const chaosPoints = [
  'after-fetch',
  'before-store-commit',
  'after-store-commit',
  'after-group-commit',
] as const;

export class Trial {
  readonly seed: number;
  readonly servers: Servers;
  readonly dir = newDir();
  readonly id = `m${randomUUID().slice(0, 8)}`;
  readonly folder = new RunFolder(this.dir, this.id);
  /** Selects the random faults that are added to the defect; undefined for none. */
  readonly chaos: number | undefined;
  #isHalted = false;

  constructor(seed: number, servers: Servers, chaos?: number) {
    this.seed = seed;
    this.servers = servers;
    this.chaos = chaos;
  }

  get topic(): string {
    return topicOf(this.id);
  }

  get shared(): string {
    return `--bootstrap-server=${this.servers.bootstrapServers}`;
  }

  get access(): { bootstrapServers: string; client: object; timeoutMs: number } {
    return { bootstrapServers: this.servers.bootstrapServers, client: {}, timeoutMs: 30_000 };
  }

  get postgres(): string {
    return `--store=${this.servers.postgres.location}?schema=${this.id}`;
  }

  /** A number from `begin` to `end` - 1 that follows from the seed. */
  pick(begin: number, end: number): number {
    return begin + ((Math.imul(this.seed, 2_654_435_761) >>> 0) % (end - begin));
  }

  /** A whole run. `onNote` is called with each line about a fault. */
  async run(asked: readonly string[], sabotage?: string, onNote?: (line: string) => void): Promise<Outcome> {
    const args = joined(asked);
    const all = this.chaos === undefined ? args : underChaos(args, this.seed, this.chaos);
    const { child, ended } = start(
      ['run', '--json', `--seed=${this.seed}`, `--run=${this.id}`, `--dir=${this.dir}`, ...all],
      { NODROP_SABOTAGE: sabotage, PGPASSWORD: this.servers.postgres.password },
    );
    if (onNote !== undefined) {
      child.stderr!.on('data', (text: Buffer) => {
        for (const line of String(text).split('\n')) if (line.includes('fault: ')) onNote(line);
      });
    }
    const { stdout, stderr } = await ended;
    if (stdout === '') throw new Error(`run ${this.id} has no result: ${stderr}`);
    const result = JSON.parse(stdout) as Result;
    // The random faults in addition may take no effect, since they may meet each other.
    const own = result.faults.slice(0, args.filter((arg) => arg.startsWith('--fault=')).length);
    const haveStruck = own.every(({ tookEffect }) => tookEffect);
    return { fired: haveStruck && (sabotage === undefined || this.hasDone(sabotage)), result };
  }

  /** A command by hand, which must end with exit code 0. */
  async step(command: string, args: readonly string[], sabotage?: string): Promise<string> {
    const options = [`--run=${this.id}`, `--dir=${this.dir}`, this.shared];
    const { code, stderr } = await nodrop([command, ...args, ...options], { NODROP_SABOTAGE: sabotage });
    if (code !== 0) throw new Error(`${command} of run ${this.id} ended with ${code}: ${stderr}`);
    return stderr;
  }

  async consume(sabotage?: string, args: readonly string[] = []): Promise<string> {
    if (this.chaos !== undefined && !this.#isHalted)
      await this.#killConsumer(chaosPoints[this.seed % 4]!, 1, args);
    return await this.step('consume', ['--until-drained', ...soonMissed, ...args], sabotage);
  }

  /** Publishes all messages, and kills a consumer when it has stored some of them. */
  async halt(): Promise<void> {
    await this.step('produce', [
      `--seed=${this.seed}`,
      '--messages=1000',
      '--batch-size=100',
      '--partitions=2',
      '--payload-bytes=150',
    ]);
    await this.#killConsumer('after-group-commit', 2);
  }

  async #killConsumer(point: PointName, times: number, args: readonly string[] = []): Promise<void> {
    this.#isHalted = true;
    const consumer = startUpTo(point, times, [
      'consume',
      '-X',
      'max.partition.fetch.bytes=20000',
      ...soonMissed,
      ...args,
      `--run=${this.id}`,
      `--dir=${this.dir}`,
      this.shared,
    ]);
    await consumer.reached;
    consumer.child.kill('SIGKILL');
    await consumer.ended;
  }

  /** Deletes the group once it has no members. */
  async deleteGroup(): Promise<void> {
    await deleteGroup(this.access, groupOf(this.id), new Deadline(60_000));
  }

  async verify(fired: boolean): Promise<Outcome> {
    const { stdout, stderr } = await nodrop(['verify', this.id, '--json', `--dir=${this.dir}`]);
    if (stdout === '') throw new Error(`run ${this.id} cannot be verified: ${stderr}`);
    return { fired, result: JSON.parse(stdout) as Result };
  }

  /** Whether a stage reports that its planted defect has acted. */
  hasDone(sabotage: string): boolean {
    return this.folder
      .list(/\.log$/)
      .some((name) => readFileSync(this.folder.file(name), 'utf8').includes(`has done it: ${sabotage}`));
  }
}
