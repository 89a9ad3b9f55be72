/**
 * The histories in the tests of the audit, with their results. A test run with
 * NODROP_RECORD_HISTORIES set to a file appends them there, one line each.
 */
import { appendFileSync, readFileSync } from 'node:fs';
import { isDeepStrictEqual } from 'node:util';
import { buildEvidence, type History } from '../audit/judge/build-evidence.ts';
import type { JudgedHistory, Outcome } from './judged-history.ts';

const path = process.env['NODROP_RECORD_HISTORIES'];

export function recordHistory(history: History, expected: Outcome): void {
  if (path !== undefined) appendFileSync(path, `${JSON.stringify({ history, expected })}\n`);
}

export function readRecordedHistories(file: string): JudgedHistory[] {
  const lines = readFileSync(file, 'utf8').trimEnd().split('\n');
  return lines.map((line) => {
    const { history, expected } = JSON.parse(line) as { history: History; expected: Outcome };
    return {
      evidence: () => buildEvidence(history),
      allowed: history.allowed,
      agrees: (outcome) => isDeepStrictEqual(outcome, expected),
    };
  });
}
