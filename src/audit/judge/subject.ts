/** A message to judge: its trail, and what it is according to the evidence of it. */
import { deadLetterCategory, type Evidence } from '../evidence.ts';
import { type Times } from '../rules.ts';
import type { Blame } from '../../result/verdict.ts';
import type { Keys, Standing } from './latest.ts';
import type { Proof } from './proof.ts';
import type { WrittenJournal } from './read-journal.ts';
import type { LogReading } from './read-log.ts';
import {
  distinct,
  standsAtOneOf,
  type Bytes,
  type LogRecord,
  type JudgedRow,
  type Trail,
  type Written,
} from './trail.ts';
import type { Trails } from './trails.ts';
import type { MessageOutcome, Sending } from './transactions.ts';

export interface Subject extends Trail {
  message: number;
  /** undefined: there is no intent. */
  outcome: MessageOutcome | undefined;
  /** What was sent, by transaction; empty if nothing was sent in one. */
  sendings: Sending[];
  /** Whether plan or ledger have the message. */
  isKnown: boolean;
  isPlanned: boolean;
  /** Acked without a position: any position is right. */
  isAckedAnywhere: boolean;
  isReordered: boolean;
  /** The topic to which it was sent, if no ack names a place; undefined if it is not known. */
  topic: number | undefined;
  /** Its committed records. An aborted record counts as not in the log. */
  committed: LogRecord[];
  aborted: LogRecord[];
  expected: Bytes;
  /** A declared rule drops it. */
  isDropped: boolean;
  /** How many rows it must have, and may have. */
  times: Times;
  category: number | undefined;
  /** Under the rule `latest`, what it is among the messages of its key. */
  standing: Standing | undefined;
  /** The writes in the consumer's journal. */
  written: Written[];
  /** Whether the journal names it by its id. */
  isNamedWritten: boolean;
}

const once: Times = { min: 1, max: 1 };

export function subjectOf(
  message: number,
  { messages }: Evidence,
  trails: Trails,
  { reordered }: LogReading,
  journal: WrittenJournal,
  keys: Keys | undefined,
): Subject {
  const trail = trails.trail(message);
  const { acks, records, rows } = trail;
  return {
    message,
    acks,
    records,
    rows,
    outcome: trails.outcome(message),
    sendings: trails.transactions?.sendingsOf(message, trails) ?? [],
    isKnown: trails.isKnown(message),
    isPlanned: messages.isPlanned(message),
    isAckedAnywhere: trails.isAckedAnywhere(message),
    isReordered: reordered.has(message),
    topic: messages.topicOf?.(message),
    committed: records.filter(({ aborted }) => !aborted),
    aborted: records.filter(({ aborted }) => aborted),
    expected: trails.expectedBytes(message),
    isDropped: messages.isDropped?.(message) === true,
    times: messages.timesOf?.(message) ?? once,
    category: messages.expectedCategory(message),
    standing: keys?.standingOf(message),
    written: journal.of(message, trail),
    isNamedWritten: journal.names(message),
  };
}

/**
 * The hop to blame: the store, if the journal shows that. If the journal is not whole and has no entry of the
 * message, the blame is unknown; if there is no journal, the less exact blame counts.
 */
export function blamed(
  { written }: Subject,
  { isWrittenKept, writtenWhole }: Proof,
  { store, else: other }: { store: boolean; else: Blame },
): Blame {
  if (store) return 'store';
  return isWrittenKept && !writtenWhole && written.length === 0 ? 'unknown' : other;
}

/** Whether the message was certainly rejected: a ledger that is not whole may lack an attempt that was accepted. */
export const isRejected = ({ outcome }: Subject, { ledgerWhole }: Proof): boolean =>
  outcome === 'rejected' && ledgerWhole;

/** Whether the message was certainly aborted: a ledger that is not whole may lack an attempt that was committed. */
export const isAborted = ({ outcome }: Subject, { ledgerWhole }: Proof): boolean =>
  outcome === 'aborted' && ledgerWhole;

/** Whether neither plan nor ledger have the message, and both are whole. */
export const isStranger = ({ isKnown }: Subject, { planWhole, ledgerWhole }: Proof): boolean =>
  !isKnown && planWhole && ledgerWhole;

/**
 * Whether the store must have the message: acked, unless dropped by a rule, or unless all acked records were aborted; or committed in the log. If the
 * commit of its transaction was acknowledged, the log must not have aborted it.
 */
export function isExpectedInStore(subject: Subject, proof: Proof): boolean {
  return !subject.isDropped && hasReachedLog(subject, proof);
}

/** Whether the store must have a row of it: not of one that a later one of its key has replaced, nor of a tombstone. */
export function isDue(subject: Subject, proof: Proof): boolean {
  if (!isExpectedInStore(subject, proof)) return false;
  const { standing, rows } = subject;
  if (standing === undefined) return true;
  if (standing.role === 'expected') return !standing.isTombstone;
  return standing.role !== 'superseded' && rows.length > 0;
}

/** Whether a later one of its key has taken its place in the store. It may be among the dead letters. */
export const isSuperseded = (subject: Subject, proof: Proof): boolean =>
  subject.standing?.role === 'superseded' &&
  subject.rows.every(({ category }) => category === deadLetterCategory) &&
  isExpectedInStore(subject, proof);

/** How often it came again: records beyond its first, or rows in its category beyond the first, if there are more. */
export function repeatsOf(subject: Subject, proof: Proof): number {
  if (!isExpectedInStore(subject, proof)) return 0;
  const rows = ownRows(subject, proof).filter(({ category }) => category === subject.category);
  return Math.max(1, distinct(subject.committed).length, rows.length) - 1;
}

/** Whether the log must have a committed record of the message, or has one that must be there. */
export function hasReachedLog(subject: Subject, proof: Proof): boolean {
  const { outcome, acks, aborted, committed, sendings } = subject;
  if (committed.length > 0) {
    return !isRejected(subject, proof) && !isAborted(subject, proof) && !isStranger(subject, proof);
  }
  const isPromised = sendings.some((sending) => sending.outcome === 'acked' && proof.isCommitted(sending));
  const areAllAborted = aborted.length > 0 && acks.every((ack) => standsAtOneOf(ack, aborted));
  return outcome === 'acked' && (isPromised || !areAllAborted);
}

/** Whether a row can only have come from an aborted record. */
export const isOfAborted = (
  { aborted, committed }: Pick<Subject, 'aborted' | 'committed'>,
  row: JudgedRow,
  proof: Proof,
): boolean =>
  standsAtOneOf(row, aborted) || (aborted.length > 0 && committed.length === 0 && proof.wouldShow(row));

/** The rows that do not come from an aborted record. */
export const ownRows = (subject: Subject, proof: Proof): JudgedRow[] =>
  subject.rows.filter((row) => !isOfAborted(subject, row, proof));
