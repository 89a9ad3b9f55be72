/**
 * Watches a run through its folder only, during the run or afterwards: each look reads what is new since the last. It
 * proves nothing: missing or damaged evidence is left out, and the audit reports it.
 */
import type { RunSetup } from '../run-folder/run-events.ts';
import { journalFilePattern } from '../run-folder/journal/journal-format.ts';
import { ledgerFilePattern } from '../run-folder/ledger/ledger-format.ts';
import type { Manifest, RunFolder } from '../run-folder/run-folder.ts';
import type { PartitionProgress, RunProgress } from './run-progress.ts';
import type { Series } from './series.ts';
import { Workload } from '../workload/workload.ts';
import { EventsWatch } from './events-watch.ts';
import { JournalWatch } from './journal-watch.ts';
import { LatencyLines } from './latency-lines.ts';
import { LedgerWatch } from './ledger-watch.ts';
import { Tally } from './tally.ts';
import { seriesOf } from './tallied-series.ts';

const latencyPattern = /^latency-(acked|stored)-.*\.hlog$/;
const partitionsMax = 1_000;

/** The manifest, and what follows from it. */
interface Plan {
  manifest: Manifest;
  workload: Workload;
  /** The names of the states, by index. */
  names: string[];
}

export class RunWatch {
  readonly #folder: RunFolder;
  readonly #tally = new Tally();
  readonly #events: EventsWatch;
  readonly #ledgers = new Map<string, LedgerWatch>();
  readonly #journals = new Map<string, JournalWatch>();
  readonly #latencies = new Map<string, LatencyLines>();
  #plan: Plan | undefined;

  constructor(folder: RunFolder) {
    this.#folder = folder;
    this.#events = new EventsWatch(folder.events);
  }

  get setup(): RunSetup | null {
    return this.#events.setup;
  }

  /** Reads what is new since the last look. Throws if the folder cannot be read. */
  look(): void {
    const tally = this.#tally;
    this.#events.look();
    this.#plan ??= this.#readPlan();
    this.#find();
    for (const ledger of this.#ledgers.values()) ledger.look(tally);
    for (const journal of this.#journals.values()) journal.look(tally);
    for (const [name, lines] of this.#latencies) {
      const kind = latencyPattern.exec(name)![1] as 'acked' | 'stored';
      for (const { startMs, latency } of lines.next()) tally.addLatency(kind, startMs, latency);
    }
  }

  progress(): RunProgress {
    const tally = this.#tally;
    const events = this.#events;
    const { manifest, names = [] } = this.#plan ?? {};
    // The plan of a run that is limited by time is an upper limit, which the run does not reach.
    const planned = manifest?.durationMs === undefined ? plannedBy(manifest) : null;
    const { check, pipeline, step } = events;
    return {
      schema: 1,
      run: this.#folder.id,
      ...(check && { check }),
      ...(pipeline && { pipeline: { name: pipeline.name, step } }),
      topic: manifest?.topic ?? check?.topics.join(', ') ?? pipeline?.topics[0] ?? null,
      seed: manifest?.seed ?? null,
      createdAt: manifest?.createdAt ?? events.beganAt,
      planned: planned ?? pipeline?.messages ?? null,
      phase: events.phase,
      ended: events.ended,
      consumers: this.#journals.size,
      sent: tally.hop('sent', names),
      acked: tally.hop('acked', names),
      rejected: tally.rejected,
      unknown: tally.unknown,
      aborted: tally.aborted,
      consumed: tally.hop('consumed', names),
      stored: tally.hop('stored', names),
      refusedWrites: tally.refusedWrites,
      partitions: this.#partitions(),
      faults: events.faults,
    };
  }

  /**
   * null before anything has happened. `untilMs`: the present time if the run goes on, since a step that has not ended
   * may still grow.
   */
  series(untilMs = Infinity): Series | null {
    return seriesOf(this.#tally, this.#events, untilMs);
  }

  #readPlan(): Plan | undefined {
    try {
      const manifest = this.#folder.readManifest();
      if (manifest === undefined) return undefined;
      return { manifest, workload: new Workload(manifest), names: manifest.states.map(({ name }) => name) };
    } catch {
      // The manifest is damaged.
      return undefined;
    }
  }

  /** Opens the files of processes that have started since the last look. Ledgers of a workload need the plan. */
  #find(): void {
    const plan = this.#plan;
    if (plan !== undefined || this.#events.pipeline !== undefined) {
      this.#open(ledgerFilePattern, this.#ledgers, (path, [, producer]) => {
        return new LedgerWatch(path, Number(producer), plan?.workload, plan?.names ?? []);
      });
    }
    this.#open(journalFilePattern, this.#journals, (path) => new JournalWatch(path));
    this.#open(latencyPattern, this.#latencies, (path) => new LatencyLines(path));
  }

  #open<T>(pattern: RegExp, known: Map<string, T>, open: (path: string, match: RegExpExecArray) => T): void {
    for (const name of this.#folder.list(pattern)) {
      if (!known.has(name)) known.set(name, open(this.#folder.file(name), pattern.exec(name)!));
    }
  }

  #partitions(): PartitionProgress[] {
    const { ackedEnds, storedEnds } = this.#tally;
    const leaders = this.#events.leaders.at(-1)?.leaders ?? [];
    const base = this.#plan?.manifest.base ?? {};
    const known = new Set([...Object.keys(base).map(Number), ...ackedEnds.keys(), ...storedEnds.keys()]);
    return [...known]
      .sort((a, b) => a - b)
      .slice(0, partitionsMax)
      .map((partition) => {
        const start = base[partition];
        const acked = ackedEnds.get(partition) ?? start ?? null;
        const stored = storedEnds.get(partition) ?? start ?? null;
        const lag = acked === null || stored === null ? null : Math.max(0, acked - stored);
        return { partition, leader: leaders[partition] ?? null, acked, stored, lag };
      });
  }
}

const plannedBy = (manifest: Manifest | undefined): number | null =>
  manifest === undefined ? null : Object.values(manifest.producers).reduce((sum, count) => sum + count, 0);
