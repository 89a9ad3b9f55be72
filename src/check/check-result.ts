/** The result of a check, in the document that every audit has. */
import type { CheckSummary, Environment, Result } from '../result/result.ts';
import { noMeasurements, noTimings } from '../result/result.ts';
import type { Audit, Cause } from '../result/verdict.ts';
import { refusalOf } from './identity-refusal.ts';
import type { CheckRecord } from './check-record.ts';
import type { JudgedFacts } from './judge-facts.ts';

export interface ResultParts {
  allowed: readonly Cause[];
  environment: Environment;
  /** The time of reading topics and sinks, of judging, and of all. */
  readMs: number | null;
  auditMs: number | null;
  totalMs: number | null;
}

/** Throws `usage` if the ids do not identify: then there is no result. */
export function checkResult(
  { record, audit, tallies }: JudgedFacts & { record: CheckRecord },
  parts: ResultParts,
): Result {
  const refusal = refusalOf(record, tallies);
  if (refusal !== undefined) throw refusal.error([]);
  return resultOf(record.id, record, audit, parts);
}

/** The result of a check of which evidence is missing. Without a record, it is only known that it was a check. */
export const missingResult = (
  id: string,
  record: CheckRecord | undefined,
  audit: Audit,
  parts: ResultParts,
): Result => resultOf(id, record, audit, parts);

function resultOf(
  id: string,
  record: CheckRecord | undefined,
  audit: Audit,
  { allowed, environment, readMs, auditMs, totalMs }: ResultParts,
): Result {
  const { verdict, evidence, ledger, acknowledged, log, store, counts } = audit;
  const { states, partitions, confusion, findings, notChecked } = audit;
  return {
    schema: 1,
    verdict,
    root: 'log',
    ...(record && { provenance: provenanceOf(record) }),
    run: {
      id,
      seed: null,
      topic: record === undefined ? null : record.topics.map(({ name }) => name).join(', '),
      messages: evidence.log === 'missing' ? null : ledger.sent,
      batchSize: null,
    },
    ...(record && { check: summaryOf(record) }),
    evidence,
    ledger,
    acknowledged,
    log,
    store,
    counts,
    states,
    partitions,
    confusion,
    findings,
    notChecked,
    allowed: [...allowed],
    faults: [],
    ...noMeasurements(),
    timings: { ...noTimings(), readMs, auditMs, totalMs },
    thresholds: [],
    environment,
  };
}

const provenanceOf = ({ sinks, plan }: CheckRecord): NonNullable<Result['provenance']> => ({
  log: 'read',
  store: sinks.some(({ name }) => name.startsWith('command:')) ? 'reported' : 'read',
  ...(plan.group !== undefined && { commits: 'reported' }),
});

const summaryOf = ({ sinks, plan, forms, isWholeLife, topics, records }: CheckRecord): CheckSummary => ({
  sink: sinks.map(({ name }) => name).join(', '),
  sinks: sinks.map(({ label, name }) => ({ label, name })),
  rows: sinks.length === 1 ? sinks[0]!.rows : 'rows',
  records: records.read,
  rule: plan.rule,
  id: plan.id,
  sinkId: sinks.map(({ id }) => id).join(', '),
  ...(plan.category !== undefined && { category: plan.category }),
  ...(plan.group !== undefined && { group: plan.group }),
  forms,
  isWholeLife,
  looks: sinks[0]!.looks.length,
  sampled: plan.sample ?? null,
  ranges: topics.flatMap(({ name, partitions }) =>
    partitions.map(({ partition, from, to }) => ({ topic: name, partition, from, to })),
  ),
});
