/** The result of a run: the audit and the run's own data. One document, on stdout and in `result.json`. */
import { exitCodes } from '../errors.ts';
import type { Place } from '../workload/place.ts';
import type { Audit, Cause, SingleFinding } from './verdict.ts';

export interface Timings {
  brokerStartMs: number | null;
  produceMs: number | null;
  drainMs: number | null;
  /** Only of a check: how long it took to read topic and sink. */
  readMs?: number | null;
  auditMs: number | null;
  totalMs: number | null;
}

/** In ms. */
export interface Latency {
  count: number;
  p50: number;
  p90: number;
  p99: number;
  'p99.9': number;
  max: number;
  mean: number;
}

export interface Measurements {
  /** Messages a second, from the first send to the last ack, and to the store's last commit. */
  rates: { acked: number | null; stored: number | null };
  /** Measured from when a message was due, or was sent if nothing paced it. null if nothing was recorded. */
  latency: {
    acked: Latency | null;
    stored: Latency | null;
    /** The latency logs that are missing or incomplete. */
    missing: { acked: string[]; stored: string[] };
  };
}

/** A requirement for a run, and whether the run met it. */
export interface JudgedThreshold {
  threshold: string;
  /** In ms, messages a second, or messages; null if it could not be measured. */
  value: number | null;
  met: boolean;
}

/** The record of a fault. Times are in ms since the first send; null if the fault did not begin, or did not end. */
export interface FaultRecord {
  name: string;
  /** The schedule as the user gave it: `kill-leader@5s+3s`. */
  schedule: string;
  /** The process, partition or other thing that the fault acted on. */
  target: string | null;
  startMs: number | null;
  endMs: number | null;
  tookEffect: boolean;
  /** The observed effects, in sentences. */
  evidence: string[];
  /** Findings about the records that the fault published. Omitted if there are none. */
  found?: SingleFinding[];
  /** The places of the records that the fault published. Omitted for faults that publish none. */
  published?: Place[];
}

export interface Environment {
  /** The broker's version; null for a Kafka that nodrop did not start: the protocol does not report it. */
  kafka: string | null;
  /** The version of ZooKeeper, if the cluster used one. */
  zookeeper?: string;
  client: string;
  node: string;
  /** null if nodrop started no broker. */
  java: string | null;
  /** `misroute:17`: the defects that NODROP_SABOTAGE planted in the run. */
  sabotage?: string;
}

export interface RunSummary {
  id: string;
  /** null if the manifest is missing. */
  seed: number | null;
  topic: string | null;
  messages: number | null;
  batchSize: number | null;
}

/** Where evidence of a hop comes from: nodrop made it, read it by itself, or was told. */
export type Provenance = 'made' | 'read' | 'reported';

/** What a check compared, and how. */
export interface CheckSummary {
  /** The sink's location, without user and secrets. */
  sink: string;
  /** Each sink by itself, and how the user names it. Counts are of all together: a record is expected in each. */
  sinks: { label: string; name: string }[];
  /** What the sink's rows are called: rows, records or lines. */
  rows: string;
  /** How many records the ranges have. */
  records: number;
  rule: 'once' | 'at-least-once' | 'latest';
  /** The places of ids, as the user wrote them. */
  id: string;
  sinkId: string;
  /** Where records have their categories; only if categories are compared. */
  category?: string;
  /** The consumer group whose commits were read; only if one was named. */
  group?: string;
  /** How values are compared, in words, by the place or the pair of places. */
  forms: Record<string, string>;
  /** Whether the range is all that the topics ever held. */
  isWholeLife: boolean;
  /** How often the sink was read. */
  looks: number;
  /** About how many messages were looked at; null: all. */
  sampled: number | null;
  ranges: { topic: string; partition: number; from: number; to: number }[];
}

/** One hop or sink of a user's pipeline, or its source topic. */
export interface DestinationSummary {
  name: string;
  kind: 'source' | 'hop' | 'sink';
  /** The location, without user and secrets, and what its rows are called. */
  location: string;
  rows: string;
  /** The destination that feeds it; null: the source itself. */
  from: string | null;
  rule: CheckSummary['rule'];
  /** The place of ids. */
  id: string;
  group: string | null;
  deadLetters: boolean;
  /** Rows of acknowledged messages that are expected there, and rows of messages that are there. */
  expected: number;
  found: number;
  /** Rows of no message of the run, where others may write. */
  unrooted: number;
  looks: number;
  /** How values are compared, in words. */
  forms: Record<string, string>;
}

/** What a run of a user's pipeline drove. */
export interface PipelineSummary {
  name: string;
  source: string;
  /** Each after the one that feeds it. */
  destinations: DestinationSummary[];
  /** How many messages declared rules drop, by their reason. */
  drops: Record<string, number>;
}

export interface Result extends Audit, Measurements {
  schema: 1;
  /** The first hop that is believed; only in results of checks, and of runs of a user's pipeline. */
  root?: 'log' | 'ledger';
  /** By hop; only in results of checks, and of runs of a user's pipeline. */
  provenance?: Readonly<Record<string, Provenance>>;
  check?: CheckSummary;
  /** Only in results of runs of a user's pipeline. */
  pipeline?: PipelineSummary;
  run: RunSummary;
  /** Causes that the user allowed to lose messages. */
  allowed: Cause[];
  /** The faults that were injected into the run. */
  faults: FaultRecord[];
  timings: Timings;
  thresholds: JudgedThreshold[];
  environment: Environment;
}

/** The timings of a run that has not begun. */
export const noTimings = (): Timings => ({
  brokerStartMs: null,
  produceMs: null,
  drainMs: null,
  auditMs: null,
  totalMs: null,
});

/** The measurements of another program's history, or of a run that sent nothing. */
export const noMeasurements = (): Measurements => ({
  rates: { acked: null, stored: null },
  latency: { acked: null, stored: null, missing: { acked: [], stored: [] } },
});

/** A pass that misses a threshold has its own exit code; any other verdict takes precedence. */
export function exitCodeOf({ verdict, thresholds }: Pick<Result, 'verdict' | 'thresholds'>): number {
  const isMissed = verdict === 'pass' && thresholds.some(({ met }) => !met);
  return isMissed ? exitCodes.thresholdMissed : exitCodes[verdict];
}
