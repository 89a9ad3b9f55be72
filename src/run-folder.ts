/** A run's folder of evidence: which file lies where, and the manifest that says what was planned. */
import {
  linkSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { z } from 'zod';
import { OperationalError, messageOf, usageError } from './errors.ts';
import type { Result } from './result.ts';

const count = z.int().min(0);

/** `run.json`. Written once, before the first send; never changed. */
export const manifestSchema = z.object({
  schema: z.literal(1),
  id: z.string(),
  seed: count,
  topic: z.string(),
  topicId: z.string(),
  /** Whether nodrop made the topic, and so may delete it. */
  topicCreated: z.boolean(),
  group: z.string(),
  bootstrapServers: z.string(),
  /**
   * The plan: how many messages each producer was to send; sequences 0 to n − 1. Where there is a `durationMs`,
   * at most so many: how many they were, the closed ledger tells.
   */
  producers: z.record(z.string(), count),
  /** How long each producer was to send, where that and no number was the plan. */
  durationMs: count.optional(),
  /** Messages a second, of all producers together; only where they were paced. */
  rate: z.number().positive().optional(),
  batchSize: count,
  payloadBytes: count,
  states: z.array(z.object({ name: z.string(), weight: z.int().min(1) })).min(1),
  /** Where each message carries its state, if not in the payload's `state`. */
  stateField: z.string().optional(),
  stateHeader: z.string().optional(),
  /** The acknowledgements that the producer asked for: all, 1 or 0. */
  acks: z.string().optional(),
  /** The topic's end offset by partition before the first send. */
  base: z.record(z.string(), count),
  /** Milliseconds since the epoch. */
  createdAt: count,
});
export type Manifest = z.infer<typeof manifestSchema>;

export const runIdPattern = /^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$/;

/** Kafka's own rule for topic names. */
export const topicPattern = /^(?!\.{1,2}$)[A-Za-z0-9._-]{1,249}$/;

export const topicOf = (run: string): string => `nodrop-${run}`;
export const groupOf = (run: string): string => `nodrop-${run}`;

/** `latency-acked-p0.hlog`, by producer; `latency-stored-1.hlog`, numbered as the consumer's journal. */
export const latencyFileName = (kind: 'acked' | 'stored', of: string): string => `latency-${kind}-${of}.hlog`;

export class RunFolder {
  readonly id: string;
  readonly path: string;

  constructor(dir: string, id: string) {
    this.id = id;
    this.path = join(runsPath(dir), id);
  }

  get manifest(): string {
    return join(this.path, 'run.json');
  }
  /** The run's own store, where no other was named. */
  get store(): string {
    return `sqlite:${join(this.path, 'store.sqlite')}`;
  }
  get logScan(): string {
    return join(this.path, 'log.scan');
  }
  get logSummary(): string {
    return join(this.path, 'log.json');
  }
  get findings(): string {
    return join(this.path, 'findings.jsonl');
  }
  get result(): string {
    return join(this.path, 'result.json');
  }
  /** The result as a page that opens anywhere. */
  get report(): string {
    return join(this.path, 'report.html');
  }
  /** What happened to the run, as it happened. */
  get course(): string {
    return join(this.path, 'course.jsonl');
  }
  /** The schedule of what was done to it on purpose. */
  get faults(): string {
    return join(this.path, 'faults.json');
  }
  get broker(): string {
    return join(this.path, 'kafka');
  }
  file(name: string): string {
    return join(this.path, name);
  }

  create(): void {
    try {
      mkdirSync(this.path, { recursive: true, mode: 0o700 });
    } catch (error) {
      throw usageError(
        `The folder ${this.path} cannot be made: ${messageOf(error)}`,
        'Choose another folder with --dir.',
      );
    }
  }

  /** Where the store is that the run's consumer uses. */
  storeInUse(): string {
    const { store } = this.#readConsumer() ?? this;
    // The first version wrote a path alone.
    return store.startsWith('/') ? `sqlite:${store}` : store;
  }

  /** The process of the consumer that came last; undefined where none has come, or what it left is damaged. */
  consumerPid(): number | undefined {
    try {
      return this.#readConsumer()?.pid;
    } catch {
      // Whoever asks for the store is told.
      return undefined;
    }
  }

  /** To be called by each consumer: its store may be anywhere. Of several the last to come is named. */
  noteConsumer(store: string): void {
    const draft = `${this.#consumer}.${process.pid}`;
    writeFileSync(draft, `${JSON.stringify({ store, pid: process.pid })}\n`, { mode: 0o600 });
    renameSync(draft, this.#consumer);
  }

  #readConsumer(): { store: string; pid: number } | undefined {
    try {
      return JSON.parse(readFileSync(this.#consumer, 'utf8')) as { store: string; pid: number };
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
      throw usageError(
        `${this.#consumer} cannot be read: ${messageOf(error)}`,
        'Name the store with --store.',
      );
    }
  }

  get #consumer(): string {
    return join(this.path, 'consumer.json');
  }

  /** Whether it lies elsewhere, behind a symbolic link. */
  isLink(): boolean {
    return lstatSync(this.path).isSymbolicLink();
  }

  /** Whether this id was used: its manifest is there. */
  isUsed(): boolean {
    return statSync(this.manifest, { throwIfNoEntry: false }) !== undefined;
  }

  refuseIfUsed(): void {
    if (!this.isUsed()) return;
    throw usageError(
      `Run ${this.id} exists already in ${this.path}; nothing was changed.`,
      'Choose another id with --run, or leave --run out.',
    );
  }

  /** Writes the manifest whole or not at all; of two that try, one is refused. */
  writeManifest(manifest: Manifest): void {
    const draft = `${this.manifest}.${process.pid}`;
    writeFileSync(draft, `${JSON.stringify(manifest, null, 2)}\n`, { mode: 0o600 });
    try {
      linkSync(draft, this.manifest);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'EEXIST') this.refuseIfUsed();
      throw error;
    } finally {
      rmSync(draft);
    }
  }

  /** The manifest; undefined where there is none. Throws with a sentence if it cannot be read. */
  readManifest(): Manifest | undefined {
    let text: string;
    try {
      text = readFileSync(this.manifest, 'utf8');
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
      throw error;
    }
    return manifestSchema.parse(JSON.parse(text));
  }

  async writeResult(result: Result): Promise<void> {
    await writeFile(this.result, `${JSON.stringify(result, null, 2)}\n`, { mode: 0o600 });
  }

  /** The names of the files in it that match. */
  list(pattern: RegExp): string[] {
    return readdirSync(this.path)
      .filter((name) => pattern.test(name))
      .sort();
  }
}

export const runsPath = (dir: string): string => resolve(dir, 'runs');

/** The runs of a folder, links to runs elsewhere included, the latest last: by the time their folder was made or their manifest written. */
export function listRuns(dir: string): RunFolder[] {
  let names: string[];
  try {
    names = readdirSync(runsPath(dir), { withFileTypes: true })
      .filter((entry) => runIdPattern.test(entry.name) && isFolder(join(entry.parentPath, entry.name)))
      .map((entry) => entry.name);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw new OperationalError(
      'unavailable',
      `The runs in ${runsPath(dir)} cannot be read: ${messageOf(error)}`,
    );
  }
  return names
    .map((name) => new RunFolder(dir, name))
    .map((folder) => ({ folder, time: bornAt(folder) }))
    .sort((a, b) => a.time - b.time || (a.folder.id < b.folder.id ? -1 : 1))
    .map(({ folder }) => folder);
}

/** Also one that lies behind a symbolic link. */
function isFolder(path: string): boolean {
  try {
    return statSync(path).isDirectory();
  } catch {
    // A link that leads nowhere, or in a circle.
    return false;
  }
}

/** The run of that id, or the latest. */
export function findRun(dir: string, id: string | undefined): RunFolder {
  const runs = listRuns(dir);
  const found = id === undefined ? runs.at(-1) : runs.find((run) => run.id === id);
  if (found !== undefined) return found;
  const known = runs.slice(-5).map((run) => run.id);
  throw usageError(
    id === undefined ? `There is no run in ${runsPath(dir)}.` : `There is no run ${id} in ${runsPath(dir)}.`,
    known.length > 0 ? `The latest runs there: ${known.join(', ')}.` : 'Make one with: nodrop run',
  );
}

function bornAt(folder: RunFolder): number {
  const manifest = statSync(folder.manifest, { throwIfNoEntry: false });
  return (manifest ?? statSync(folder.path)).mtimeMs;
}
