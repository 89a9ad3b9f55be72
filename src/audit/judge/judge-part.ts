/**
 * Judges one part of the evidence, and adds what it finds to the totals. It reads each hop once, in the order in which
 * messages pass them (except for deliveries, which come first, to count by), and then judges every message by what the
 * hops say about it.
 */
import type { Evidence } from '../evidence.ts';
import type { AckedFates, LedgerCounts } from '../../result/verdict.ts';
import { judgeInAll, subjectsIn, type Case, type Cases } from './cases.ts';
import { wasWritten } from './judge.ts';
import { isUnrooted } from './log-checks.ts';
import type { Charge, Opinion } from './charge.ts';
import { findOvercommitted, noteEnds } from './overcommitted.ts';
import { Keys } from './latest.ts';
import { Partitions } from './partitions.ts';
import { readDeliveries, WrittenJournal } from './read-journal.ts';
import { readLedger } from './read-ledger.ts';
import { readLogHop, type LogReading } from './read-log.ts';
import { readStore } from './read-store.ts';
import { noteRewritten } from './rewritten-offsets.ts';
import { Proof } from './proof.ts';
import {
  hasReachedLog,
  isDue,
  isSuperseded,
  ownRows,
  repeatsOf,
  subjectOf,
  type Subject,
} from './subject.ts';
import { notePartlyCommitted } from './torn-transaction.ts';
import type { Totals } from './totals.ts';
import { hasPlace } from './trail.ts';
import { Trails } from './trails.ts';

interface Part {
  evidence: Evidence;
  partitions: Partitions;
  trails: Trails;
  log: LogReading;
  journal: WrittenJournal;
  cases: Cases;
}

export async function judgePart(evidence: Evidence, totals: Totals): Promise<void> {
  const { messages } = evidence;
  const partitions = new Partitions(evidence);
  const trails = new Trails(messages, partitions);
  readDeliveries(evidence, partitions);
  readLedger(evidence, trails);
  const log = readLogHop(evidence, trails, partitions);
  notePartlyCommitted(messages.count, trails, partitions);
  const store = await readStore(evidence, trails, partitions);
  const journal = new WrittenJournal(evidence, trails, partitions);
  const isLogContradicted = log.contradictions + log.beyondEnd > 0;
  const proofIf = (unknownIsCompacted: boolean): Proof =>
    new Proof(evidence, partitions, trails, journal, isLogContradicted, unknownIsCompacted);
  const proof = proofIf(true);
  noteRewritten(messages, trails, proof);
  const caseOf = (each: Proof): Case => ({
    proof: each,
    keys: evidence.rule === 'latest' ? new Keys(evidence, trails, each) : undefined,
  });
  const isUnknown = partitions.all.some(({ range }) => range?.compactionUnknown === true);
  const cases: Cases = isUnknown ? [caseOf(proof), caseOf(proofIf(false))] : [caseOf(proof)];
  noteEnds(messages, trails, journal, cases);
  totals.addPartitions(partitions);
  findOvercommitted(partitions.all, proof);
  judgeMessages({ evidence, partitions, trails, log, journal, cases }, totals);
  await totals.addHops(evidence, { partitions, log, store, journal, proof });
  for (const [category, count] of evidence.right?.entries() ?? []) totals.addRight(category, count);
}

function judgeMessages(part: Part, totals: Totals): void {
  const { evidence, trails, log, journal, cases } = part;
  const { messages } = evidence;
  const [{ proof, keys }] = cases;
  const isPlanKept = evidence.root !== 'log';
  if (isPlanKept) totals.ledger.unsent += messages.plannedCount;
  if (trails.transactions !== undefined) totals.ledger.aborted ??= 0;
  const areOffsetsSound = proof.partitions.all.every(({ contested }) => contested.size === 0);
  for (let message = 0; message < messages.count; message++) {
    const category = messages.expectedCategory(message);
    countHops(totals, message, category, part);
    countOutcome(totals.ledger, message, isPlanKept && messages.isPlanned(message), trails);
    const isSound = areOffsetsSound && !log.reordered.has(message);
    if (trails.isExemplary(message) && isSound && isRightOfKey(message, cases)) {
      totals.confusion.addRight(category!, 1);
      totals.acknowledged.right += 1;
    } else if (isSound && trails.isPlainlyUnstored(message) && isSupersededOfKey(message, cases)) {
      totals.ruled.superseded += 1;
      totals.acknowledged.right += 1;
    } else if (trails.isMentioned(message) || journal.names(message)) {
      judgeOne(totals, subjectOf(message, evidence, trails, log, journal, keys), part);
    }
  }
}

const isRightOfKey = (message: number, cases: Cases): boolean =>
  cases.every(({ keys }) => keys === undefined || keys.isRight(message));

const isSupersededOfKey = (message: number, cases: Cases): boolean =>
  cases.every(({ keys }) => keys?.roleOf(message) === 'superseded');

function countHops(
  { states }: Totals,
  message: number,
  category: number | undefined,
  { evidence, trails, journal, cases }: Part,
): void {
  const counts = states.of(category);
  if (counts === undefined) return;
  const outcome = trails.outcome(message);
  if (outcome !== undefined) counts.sent += 1;
  if (outcome === 'acked') counts.acked += 1;
  if (trails.isLogged(message)) counts.logged += 1;
  if (evidence.deliveries === undefined && evidence.written === undefined) return;
  // A consumer's ranges span what was aborted, and it was handed none of it.
  if (outcome === 'aborted' && !trails.isLogged(message)) return;
  if (trails.isPlainlyPlaced(message)) {
    const { delivered, written } = trails.partitionOf(message);
    const offset = trails.offsetOf(message);
    if (delivered.timesAt(offset) > 0) counts.delivered! += 1;
    if (written.has(offset) || journal.names(message)) counts.written! += 1;
    return;
  }
  const { proof } = cases[0];
  const { acks, records } = trails.trail(message);
  const places = [...acks, ...records];
  if (places.some((place) => proof.isDelivered(place))) counts.delivered! += 1;
  if (journal.hasWritten(message, places)) counts.written! += 1;
}

function countOutcome(ledger: LedgerCounts, message: number, isPlanned: boolean, trails: Trails): void {
  const outcome = trails.outcome(message);
  if (outcome === undefined) return;
  ledger.sent += 1;
  ledger[outcome] = (ledger[outcome] ?? 0) + 1;
  if (isPlanned) ledger.unsent -= 1;
}

function judgeOne(totals: Totals, subject: Subject, part: Part): void {
  const { doubts, confusion, written, acknowledged, ruled } = totals;
  const { cases } = part;
  const { proof } = cases[0];
  const subjects = subjectsIn(cases, subject);
  const opinions = judgeInAll(subjects);
  if (subject.outcome === 'acked') acknowledged[fateOf(opinions)] += 1;
  for (const opinion of opinions) {
    if (opinion === undefined) continue;
    if ('doubt' in opinion) doubts[opinion.doubt] += 1;
    else addFinding(totals, subject, opinion, part);
  }
  if (subjects.every((each) => isDue(each.subject, each.proof))) confusion.add(subject);
  if (subjects.every((each) => isSuperseded(each.subject, each.proof))) ruled.superseded += 1;
  if (proof.rule === 'at-least-once') ruled.repeated += repeatsOf(subject, proof);
  if (subject.isDropped && hasReachedLog(subject, proof)) ruled.dropped += 1;
  if (isUnrooted(subject, proof)) ruled.unrooted += ownRows(subject, proof).length;
  if (subject.outcome !== 'unknown') return;
  const isWritten = wasWritten(subject, proof);
  if (isWritten !== undefined) written[isWritten ? 'yes' : 'no'] += 1;
}

function addFinding(
  { findings }: Totals,
  { message, acks, records, rows }: Subject,
  charge: Charge,
  { evidence: { messages }, partitions }: Part,
): void {
  const place = acks[0] ?? records[0] ?? rows.find(hasPlace);
  const at = place && partitions.of(place.partition).place(place.offset);
  findings.add(charge, at, () => ({
    ...messages.name(message),
    ...at,
    ...(charge.detail !== undefined && { detail: charge.detail }),
  }));
}

function fateOf(opinions: readonly Opinion[]): keyof AckedFates {
  const said = opinions.filter((opinion) => opinion !== undefined);
  const kinds = said.flatMap((opinion) => ('doubt' in opinion ? [] : [opinion.kind]));
  if (kinds.includes('lost') || kinds.includes('expired')) return 'lost';
  if (kinds.length > 0) return 'wrong';
  return said.length > 0 ? 'unjudged' : 'right';
}
