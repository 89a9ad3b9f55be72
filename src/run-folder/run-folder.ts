/** A run's folder of evidence: where each file is, and the manifest, which has the plan. */
import {
  appendFileSync,
  existsSync,
  linkSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { randomBytes } from 'node:crypto';
import { basename, join, relative, resolve } from 'node:path';
import { z } from 'zod';
import { messageOf, usageError } from '../errors.ts';
import { makeFolder } from '../system/make-folder.ts';
import { manifestSchema, type Manifest } from './manifest.ts';
import { regularFile } from '../system/regular-file.ts';
import type { Result } from '../result/result.ts';
import { isOfCheck, isOfPipeline } from './check-folder.ts';
import { sealPathOf, sealText } from './seal.ts';
import { defaultEngine, withPath } from '../stores/engines.ts';
import { namingFile, writeWhole } from '../system/write-whole.ts';

const count = z.int().min(0);

/** `consumer.json`. The first version wrote only a path for a store; earlier ones noted neither run nor journals. */
export const consumerSchema = z.strictObject({
  run: z.string().optional(),
  store: z.string(),
  pid: count,
  journals: count.optional(),
  group: z.string().optional(),
});
type Consumer = z.infer<typeof consumerSchema>;

export type { Manifest } from './manifest.ts';

export const runIdPattern = /^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$/;

/** Kafka's own rule for topic names. */
export const topicPattern = /^(?!\.{1,2}$)[A-Za-z0-9._-]{1,249}$/;

export const topicOf = (run: string): string => `nodrop-${run}`;
export const groupOf = (run: string): string => `nodrop-${run}`;
/** All sessions of a producer have one id: a later one aborts what an earlier one left open. */
export const transactionalIdOf = (run: string, producer: string): string => `nodrop-${run}-${producer}`;

/** `latency-acked-p0.hlog`, by producer; `latency-stored-1.hlog`, with the number of the consumer's journal. */
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
  /** The run's own store, which is used if the user names no other. */
  get store(): string {
    return defaultEngine.files.locationOf(join(this.path, 'store.sqlite'));
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
  /** The result of an earlier audit, if that of the last audit could not be written. */
  get earlierResult(): string {
    return join(this.path, 'result-earlier.json');
  }
  /** The result as a page that opens anywhere. */
  get report(): string {
    return join(this.path, 'report.html');
  }
  /** What a check read, written once it has read and judged everything. A run has none. */
  get check(): string {
    return join(this.path, 'check.json');
  }
  /** The event log: what happened to the run. */
  get events(): string {
    return join(this.path, 'course.jsonl');
  }
  /** The schedule of the faults that were injected into the run. */
  get faults(): string {
    return join(this.path, 'faults.json');
  }
  get broker(): string {
    return join(this.path, 'kafka');
  }
  file(name: string): string {
    return join(this.path, name);
  }

  /** Returns whether the folder did not exist before. */
  create(): boolean {
    return makeFolder(this.path);
  }

  /** The location of the store that the run's consumer uses. A store in this folder moves with the folder. */
  storeInUse(): string {
    const { store, run } = this.#readConsumer() ?? { store: this.store, run: this.id };
    // The folder may have been renamed since.
    if (run !== undefined && run !== this.id && run !== this.soundManifest()?.id) {
      throw usageError(`${this.#consumer} is of another run, ${run}.`, 'Name the store with --store.');
    }
    if (store.startsWith('/')) return defaultEngine.files.locationOf(store);
    return withPath(store, (path) => resolve(this.path, path));
  }

  /** The name of the group that the run's consumers have joined, or will join. */
  groupInUse(): string {
    return this.#noted()?.group ?? this.soundManifest()?.group ?? groupOf(this.id);
  }

  /** The pid of the consumer that started last; undefined if none has started, or if `consumer.json` is damaged. */
  consumerPid(): number | undefined {
    return this.#noted()?.pid;
  }

  /** How many journals the run's consumers have made, as far as `consumer.json` says. */
  journalsMade(): number {
    return this.#noted()?.journals ?? 0;
  }

  /**
   * To be called by each consumer when it starts, and when it has made a journal. Its store may be anywhere. The last
   * caller is the one that is noted.
   */
  noteConsumer(store: string, { journal = 0, group }: { journal?: number; group?: string } = {}): void {
    const asSeenFromHere = (path: string): string => {
      const inside = relative(this.path, path);
      return inside.startsWith('..') ? path : inside;
    };
    const journals = Math.max(journal, this.journalsMade());
    const known = group ?? this.#noted()?.group;
    const note = {
      run: this.id,
      store: withPath(store, asSeenFromHere),
      pid: process.pid,
      journals,
      ...(known !== undefined && { group: known }),
    } satisfies Consumer;
    writeWhole(this.#consumer, `${JSON.stringify(note)}\n`);
  }

  #noted(): Consumer | undefined {
    try {
      return this.#readConsumer();
    } catch {
      // `storeInUse` reports the damage.
      return undefined;
    }
  }

  #readConsumer(): Consumer | undefined {
    try {
      return consumerSchema.parse(JSON.parse(readFileSync(regularFile(this.#consumer), 'utf8')));
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
      throw usageError(
        `${this.#consumer} cannot be read: ${messageOf(error)}`,
        'Name the store with --store.',
      );
    }
  }

  /** To be called by each stage in which a test has planted a defect. */
  noteSabotage(text: string): void {
    appendFileSync(this.#sabotage, `${text}\n`, { mode: 0o600 });
  }

  /** The defects that were planted in the run's stages on purpose; empty except in tests of the auditor. */
  sabotages(): string[] {
    try {
      return [...new Set(readFileSync(regularFile(this.#sabotage), 'utf8').split('\n').filter(Boolean))];
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
      return [`the list cannot be read, ${messageOf(error)}`];
    }
  }

  get #sabotage(): string {
    return join(this.path, 'sabotage.txt');
  }

  get #consumer(): string {
    return join(this.path, 'consumer.json');
  }

  /** Whether this id was used: its manifest is there, or it is that of a check or of a user's pipeline. */
  isUsed(): boolean {
    return existsSync(this.manifest) || isOfCheck(this) || isOfPipeline(this);
  }

  refuseIfUsed(): void {
    if (!this.isUsed()) return;
    throw usageError(
      `Run ${this.id} exists already in ${this.path}; nothing was changed.`,
      'Choose another id with --run, or leave --run out.',
    );
  }

  /**
   * Writes the manifest, after which the run's id is used. If two processes try, one is refused. The manifest is linked
   * into place, so it is whole whenever another process can see it.
   */
  writeManifest(manifest: Manifest): void {
    const draft = `${this.manifest}.${process.pid}`;
    try {
      const text = `${JSON.stringify(manifest, null, 2)}\n`;
      namingFile(this.manifest, () => writeFileSync(draft, text, { mode: 0o600 }));
      sealText(draft, text, basename(this.manifest));
      linkSync(draft, this.manifest);
      // Rename at once: a process that is killed before this leaves a run that cannot be judged.
      renameSync(sealPathOf(draft), sealPathOf(this.manifest));
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'EEXIST') this.refuseIfUsed();
      throw error;
    } finally {
      for (const path of [draft, sealPathOf(draft)]) rmSync(path, { force: true });
    }
  }

  /** The manifest; undefined if there is none. Throws with a sentence if it cannot be read. */
  readManifest(): Manifest | undefined {
    let text: string;
    try {
      text = readFileSync(regularFile(this.manifest), 'utf8');
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
      throw error;
    }
    return manifestSchema.parse(JSON.parse(text));
  }

  /** The manifest; undefined if there is no readable one, which the audit reports. */
  soundManifest(): Manifest | undefined {
    try {
      return this.readManifest();
    } catch {
      return undefined;
    }
  }

  /**
   * Returns why the result could not be written, if it could not. Then an earlier audit's result is put aside, so that
   * it is not mistaken for this one.
   */
  writeResult(result: Result): string | undefined {
    try {
      writeWhole(this.result, `${JSON.stringify(result, null, 2)}\n`);
      rmSync(this.earlierResult, { force: true });
      return undefined;
    } catch (error) {
      const problem = `The result was not written: ${messageOf(error)}.`;
      return existsSync(this.result) ? `${problem} ${this.#putResultAside()}` : problem;
    }
  }

  #putResultAside(): string {
    try {
      renameSync(this.result, this.earlierResult);
      return `The result of an earlier audit is now ${this.earlierResult}.`;
    } catch {
      return `The file holds the result of an earlier audit.`;
    }
  }

  /** The sorted names of the files in the folder that match. */
  list(pattern: RegExp): string[] {
    return readdirSync(this.path)
      .filter((name) => pattern.test(name))
      .sort();
  }
}

/** The folder for all runs, unless a user names another. */
export const defaultDir = '.nodrop';

/** Run ids sort by time; a random part keeps runs of the same second apart. */
export function newRunId(): string {
  const digits = new Date().toISOString().replaceAll(/\D/g, '');
  return `${digits.slice(0, 8)}-${digits.slice(8, 14)}-${randomBytes(2).toString('hex')}`;
}

export const runsPath = (dir: string): string => resolve(dir, 'runs');
