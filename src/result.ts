/** The result of a run: the audit, and what it was an audit of. One document, on stdout and in `result.json`. */
import type { Audit } from './verdict.ts';

export interface Timings {
  brokerStartMs: number | null;
  produceMs: number | null;
  drainMs: number | null;
  auditMs: number | null;
  totalMs: number | null;
}

export interface Environment {
  /** The broker's version; null for a Kafka that nodrop did not start: the protocol does not tell. */
  kafka: string | null;
  client: string;
  node: string;
  /** null where no broker was started here. */
  java: string | null;
}

export interface RunSummary {
  id: string;
  /** null where the manifest is missing. */
  seed: number | null;
  topic: string | null;
  messages: number | null;
  batchSize: number | null;
}

export interface Result extends Audit {
  schema: 1;
  run: RunSummary;
  timings: Timings;
  environment: Environment;
}

/** Of a run that has not begun. */
export const noTimings = (): Timings => ({
  brokerStartMs: null,
  produceMs: null,
  drainMs: null,
  auditMs: null,
  totalMs: null,
});
