/** The data of the page. For a run that has ended: one document, which the report holds and the live page receives. */
import type { RunSetup } from '../run-folder/run-events.ts';
import type { Result } from '../result/result.ts';
import type { Manifest } from '../run-folder/manifest.ts';
import type { RunProgress } from '../watch/run-progress.ts';
import type { Series } from '../watch/series.ts';
import type { Timeline } from '../explain/timeline.ts';
import type { SingleFinding, Verdict } from '../result/verdict.ts';

export interface PageData {
  schema: 1;
  /** When the run's manifest was written, or the check began, in ms since the epoch; null without one. */
  createdAt: number | null;
  result: Result;
  /** The number of messages that each producer had to send, by its name; null if a duration was planned instead. */
  planned: Record<string, number> | null;
  series: Series | null;
  /** Some findings of each kind, blame and partition, including the examples of the result. */
  findings: SingleFinding[];
  findingsInAll: number;
  /** Timelines of some messages that findings name, by the name that was asked for. */
  timelines: Record<string, Timeline>;
  /** null if the store could not be read. */
  deadLetters: DeadLetters | null;
  /** null without a manifest. */
  setup: Setup | null;
}

/** Dead letters of the run's topic, its own and others. */
export interface DeadLetters {
  count: number;
  /** Whether there may be more than `count`. */
  isCut: boolean;
  /** The first dead letters. */
  letters: ShownLetter[];
  /** The number of dead letters whose records a fault published. */
  planted: number;
}

export interface ShownLetter {
  partition: number;
  offset: number;
  reason: string;
  isPlanted: boolean;
}

/** How the run was set up. */
export interface Setup
  extends
    Pick<Manifest, 'batchSize' | 'payloadBytes' | 'states'>,
    Partial<Pick<Manifest, 'rate' | 'durationMs' | 'acks'>> {
  producers: number;
  partitions: number;
  /** null if it was not recorded: the stages were started by hand. */
  course: RunSetup | null;
}

/** A run among the others of its folder. */
export interface RunRow {
  id: string;
  /** When its folder was made or its manifest written, in ms since the epoch. */
  time: number;
  isUnderWay: boolean;
  /** The pipeline of the user's config; null for other runs. */
  pipeline: string | null;
  /** null if the run was not audited, or not yet. */
  verdict: Verdict | null;
  /** Messages sent; null if there is no result. */
  messages: number | null;
  /** Messages a second. */
  rates: Result['rates'];
  /** p99 in ms. */
  latency: { acked: number | null; stored: number | null };
  /** The number of findings of each kind, and in a user's pipeline of each hop. */
  findings: { kind: string; hop?: string; count: number }[];
  thresholdsMissed: number;
  /** Whether latency logs are missing: then the p99 is that of the other processes. */
  isPartial: { acked: boolean; stored: boolean };
  faults: number;
}

/** A run that may still be going on. */
export interface LiveRun {
  /** Whether a process works on it. */
  isUnderWay: boolean;
  progress: RunProgress;
}

/** The events that the server sends to a page that watches a run, by name. */
export interface FeedEvents {
  /** Several times a second, if something has changed. */
  live: LiveRun;
  /** Once a second, if something has changed. */
  series: Series;
  /** The run was audited and no process works on it: the last event. */
  ended: PageData;
  /** The server ends: the last event. */
  closing: null;
  /** The run no longer exists: the last event. */
  gone: null;
}
