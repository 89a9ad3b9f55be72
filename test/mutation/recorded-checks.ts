/**
 * The checks in the tests of facts, with their results. A test run with NODROP_RECORD_CHECKS set to a file appends them
 * there, one line each.
 */
import { appendFileSync, readFileSync } from 'node:fs';
import type { CheckRecord } from '../../src/check/check-record.ts';
import { refusalOf } from '../../src/check/identity-refusal.ts';
import type { JudgedFacts } from '../../src/check/judge-facts.ts';
import { isSuspect } from '../../src/check/suspicion.ts';
import type { SingleFinding } from '../../src/result/verdict.ts';
import { writeCheck, type MadeCheck, type WrittenCheck } from '../check/made-check.ts';

type Outcome = JudgedFacts & { found: SingleFinding[] };

export interface RecordedCheck {
  written: WrittenCheck;
  expected: string;
}

const path = process.env['NODROP_RECORD_CHECKS'];

/** All that a check says, as a text. */
export function outcomeText(outcome: Outcome, record: CheckRecord, isSuspicious: boolean): string {
  const { audit, tallies, found } = outcome;
  const refused = refusalOf(record, tallies)?.error([]).message;
  return JSON.stringify({ audit, tallies, found, isSuspicious, refused });
}

export function recordCheck({ made, buckets, record }: WrittenCheck, outcome: Outcome): void {
  // The number of buckets changes nothing.
  if (path === undefined || buckets > 1) return;
  const { isUndrained } = record;
  const expected = outcomeText(outcome, record, isSuspect(outcome, record));
  appendFileSync(path, `${JSON.stringify({ made, buckets, isUndrained, expected })}\n`);
}

/** Writes the facts of all checks. */
export function readRecordedChecks(file: string): RecordedCheck[] {
  const lines = new Set(readFileSync(file, 'utf8').trimEnd().split('\n'));
  return [...lines].map((line) => {
    const { made, buckets, isUndrained, expected } = JSON.parse(line) as {
      made: MadeCheck;
      buckets: number;
      isUndrained: boolean;
      expected: string;
    };
    const written = writeCheck(made, buckets);
    written.record.isUndrained = isUndrained;
    return { written, expected };
  });
}
