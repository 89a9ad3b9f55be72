import { resultOf } from '../../audit/audit-run.ts';
import { environmentOf } from '../../result/environment.ts';
import { exitCodes, usageError } from '../../errors.ts';
import { readHistory } from '../../audit/history/read-history.ts';
import { noMeasurements } from '../../result/result.ts';
import { audit } from '../../audit/judge/audit.ts';
import type { Context } from './context.ts';
import type { OptionValues } from '../options/options.ts';
import { printResult } from '../output/print-result.ts';
import { claimFiles, reportsOf } from '../output/reporters.ts';

export interface HistoryValues extends OptionValues {
  history: string[];
}

/** Audits evidence from any system, in the history format. It writes nothing. */
export async function verifyHistoryCommand(
  values: HistoryValues,
  { signal, terminal }: Context,
  runId: string | undefined,
): Promise<number> {
  const reports = reportsOf(values.reporter, values.json);
  const other = [
    runId !== undefined && 'a run',
    values.rescan === true && '--rescan',
    values.threshold !== undefined && '--threshold',
  ].find((what) => what !== false);
  if (other !== undefined) {
    throw usageError(`--history cannot be combined with ${other}.`, 'Verify either a run or a history.');
  }
  claimFiles(reports, values.history);
  const startedAt = performance.now();
  terminal.status('reading the history');
  const evidence = await readHistory(values.history);
  signal.throwIfAborted();
  terminal.status('auditing');
  const audited = {
    audit: await audit(evidence, { allowed: values.allow ?? [] }),
    run: { id: evidence.run, seed: null, topic: null, messages: evidence.plannedMessages, batchSize: null },
    ...(evidence.sabotage !== undefined && { sabotage: evidence.sabotage }),
  };
  const auditMs = Math.round(performance.now() - startedAt);
  const result = resultOf(audited, {
    ...noMeasurements(),
    allowed: values.allow ?? [],
    faults: [],
    thresholds: [],
    timings: { brokerStartMs: null, produceMs: null, drainMs: null, auditMs, totalMs: null },
    environment: environmentOf(undefined),
  });
  printResult(terminal, result, { evidence: values.history.join(', ') }, reports);
  return exitCodes[result.verdict];
}
