/** The result of a check, in the document that every audit has. */
import type { Environment, Result } from '../result/result.ts';
import { noMeasurements, noTimings } from '../result/result.ts';
import type { Audit, Cause } from '../result/verdict.ts';
import { refusalOf } from './identity-refusal.ts';
import type { CheckRecord } from './check-record.ts';
import type { JudgedFacts } from './judge-facts.ts';

export interface ResultParts {
  allowed: readonly Cause[];
  environment: Environment;
  auditMs: number | null;
  totalMs: number | null;
}

/** Throws `usage` if the ids do not identify: then there is no result. */
export function checkResult(
  { record, audit, tallies }: JudgedFacts & { record: CheckRecord },
  { allowed, environment, auditMs, totalMs }: ResultParts,
): Result {
  const refusal = refusalOf(record, tallies);
  if (refusal !== undefined) throw refusal.error([]);
  const { verdict, evidence, ledger, acknowledged, log, store, counts } = audit;
  const { states, partitions, confusion, findings, notChecked }: Audit = audit;
  return {
    schema: 1,
    verdict,
    root: 'log',
    provenance: {
      log: 'read',
      store: record.sinks.some(({ name }) => name.startsWith('command:')) ? 'reported' : 'read',
      ...(record.plan.group !== undefined && { commits: 'reported' }),
    },
    run: {
      id: record.id,
      seed: null,
      topic: record.topics.map(({ name }) => name).join(', '),
      messages: ledger.sent,
      batchSize: null,
    },
    check: {
      sink: record.sinks.map(({ name }) => name).join(', '),
      rows: record.sinks.length === 1 ? record.sinks[0]!.rows : 'rows',
      rule: record.plan.rule,
      id: record.plan.id,
      sinkId: record.sinks.map(({ id }) => id).join(', '),
      forms: record.forms,
      isWholeLife: record.isWholeLife,
      looks: record.sinks[0]!.looks.length,
      sampled: record.plan.sample ?? null,
      ranges: record.topics.flatMap(({ name, partitions }) =>
        partitions.map(({ partition, from, to }) => ({ topic: name, partition, from, to })),
      ),
    },
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
    timings: { ...noTimings(), auditMs, totalMs },
    thresholds: [],
    environment,
  };
}
