/**
 * The audit: from evidence to a verdict. It reads each hop once, in the order in which messages pass them,
 * and then judges every message by what the hops say of it. What present evidence proves is a failure,
 * whatever else is missing; what could not be judged is never a pass.
 */
import type { Evidence } from '../history.ts';
import type { Audit, LedgerCounts, Verdict } from '../verdict.ts';
import { Confusion } from './confusion.ts';
import { Findings } from './findings.ts';
import { judge, wasWritten } from './judge.ts';
import { noDoubts, notChecked, type Doubts } from './not-checked.ts';
import { Partitions } from './partitions.ts';
import { readLog, type LogReading } from './read-log.ts';
import { readStore } from './read-store.ts';
import { isExpectedInStore, Proof, subjectOf, type Subject } from './subject.ts';
import { Trails } from './trails.ts';

export function audit(evidence: Evidence): Audit {
  const partitions = new Partitions(evidence.log.ranges, evidence.store.positions);
  const trails = new Trails(evidence.messages, partitions);
  for (const batch of evidence.ledger.batches()) {
    for (let row = 0; row < batch.count; row++) trails.addAttempt(batch, row);
  }
  const log = readLog(evidence, trails, partitions);
  const store = readStore(evidence, trails, partitions);
  const proof = new Proof(evidence, partitions, {
    ledger: trails.seenWithoutIntent,
    log: log.contradictions > 0,
  });
  const judged = judgeAll(evidence, trails, log, proof);
  const { ledger, written, findings, doubts, confusion } = judged;
  const list = findings.list();
  const { open, minor } = notChecked(evidence, ledger, log.contradictions, doubts);
  return {
    verdict: verdictOf(list.length, open.length),
    ledger,
    log: { records: log.records },
    store: {
      rows: store.byCategory.reduce((sum, rows) => sum + rows, 0),
      byCategory: Object.fromEntries(
        evidence.categories.map((name, index) => [name, store.byCategory[index]!]),
      ),
      deadLetters: store.deadLetters,
    },
    counts: {
      redelivered: null,
      foreign: log.foreign,
      rejected: ledger.rejected,
      unsent: ledger.unsent,
      unknownWritten: written.yes,
      unknownNotWritten: written.no,
      refusedWrites: null,
    },
    confusion: confusion.table(),
    findings: list,
    notChecked: [...open, ...minor],
  };
}

function verdictOf(findings: number, open: number): Verdict {
  if (findings > 0) return 'fail';
  return open > 0 ? 'inconclusive' : 'pass';
}

interface Judged {
  ledger: LedgerCounts;
  /** Messages of unknown outcome that were written, and that were not. */
  written: { yes: number; no: number };
  findings: Findings;
  doubts: Doubts;
  confusion: Confusion;
}

function judgeAll(evidence: Evidence, trails: Trails, log: LogReading, proof: Proof): Judged {
  const { messages, categories } = evidence;
  const judged: Judged = {
    ledger: { sent: 0, acked: 0, rejected: 0, unknown: 0, unsent: messages.plannedCount },
    written: { yes: 0, no: 0 },
    findings: new Findings(messages),
    doubts: noDoubts(),
    confusion: new Confusion(categories),
  };
  const areOffsetsSound = proof.partitions.all.every(({ contested }) => contested.size === 0);
  for (let message = 0; message < messages.count; message++) {
    countOutcome(judged.ledger, message, evidence, trails);
    if (trails.isExemplary(message) && areOffsetsSound && !log.reordered.has(message)) {
      judged.confusion.addRight(messages.expectedCategory(message)!);
    } else if (trails.isMentioned(message)) {
      judgeOne(judged, subjectOf(message, evidence, trails, log), proof);
    }
  }
  return judged;
}

function countOutcome(ledger: LedgerCounts, message: number, { messages }: Evidence, trails: Trails): void {
  const outcome = trails.outcome(message);
  if (outcome === undefined) return;
  ledger.sent += 1;
  ledger[outcome] += 1;
  if (messages.isPlanned(message)) ledger.unsent -= 1;
}

function judgeOne({ findings, doubts, confusion, written }: Judged, subject: Subject, proof: Proof): void {
  for (const opinion of judge(subject, proof)) {
    if (opinion === undefined) continue;
    if ('doubt' in opinion) doubts[opinion.doubt] += 1;
    else findings.add(subject, opinion);
  }
  if (isExpectedInStore(subject, proof)) confusion.add(subject);
  if (subject.outcome !== 'unknown') return;
  const isWritten = wasWritten(subject, proof);
  if (isWritten !== undefined) written[isWritten ? 'yes' : 'no'] += 1;
}
