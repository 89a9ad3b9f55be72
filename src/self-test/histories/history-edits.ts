/** The type of a planted defect, and the changes to a healthy history that make a defect. */
import type { Blame, FindingKind } from '../../result/verdict.ts';
import type { TransactionEnd } from '../../run-folder/ledger/outcome.ts';
import type { LogRecord, PlantedHistory, Row, Send } from './planted-history.ts';

export type EvidencePart = 'plan' | 'ledger' | 'log' | 'journal' | 'store' | 'group';

type Change = (history: PlantedHistory) => void;

export interface PlantedDefect {
  name: string;
  hop: EvidencePart;
  /** `inconclusive`: nothing is wrong, but the verdict must not be a pass. */
  expected: { kind: FindingKind; blame: Blame } | 'inconclusive';
  plant: Change;
  /** A change that must lead to no finding. Without one, the twin is the healthy history itself. */
  twin?: Change;
}

export const found = (kind: FindingKind, blame: Blame): PlantedDefect['expected'] => ({ kind, blame });

// Messages 4 and 7 stand in partition 1 at offsets 1 and 2; message 10 is the last of that partition.
export const send = (history: PlantedHistory, sequence: number): Send =>
  history.sends.find((one) => one.sequence === sequence)!;
export const record = (history: PlantedHistory, sequence: number): LogRecord =>
  history.log.find((one) => one.id === `m${sequence}`)!;
export const row = (history: PlantedHistory, sequence: number): Row =>
  history.rows.find((one) => one.id === `m${sequence}`)!;

export const at =
  ({ partition, offset }: { partition?: number; offset?: number }) =>
  (other: { partition: number; offset: number }): boolean =>
    other.partition === partition && other.offset === offset;

export function dropRecord(history: PlantedHistory, sequence: number): void {
  history.log = history.log.filter((one) => one.id !== `m${sequence}`);
}

export function dropRow(history: PlantedHistory, sequence: number): void {
  history.rows = history.rows.filter((one) => one.id !== `m${sequence}`);
}

export function dropJournal(history: PlantedHistory, sequence: number): void {
  const isThere = at(send(history, sequence));
  history.deliveries = history.deliveries.filter((one) => !isThere(one));
  forgetWritten(history, sequence);
}

/** The journal does not show that the message was written. */
export function forgetWritten(history: PlantedHistory, sequence: number): void {
  const isThere = at(send(history, sequence));
  history.written = history.written.filter((one) => !isThere(one));
}

/** The message was never delivered. */
export function dropBehindLog(history: PlantedHistory, sequence: number): void {
  dropJournal(history, sequence);
  dropRow(history, sequence);
}

export function dropBehindLedger(history: PlantedHistory, sequence: number): void {
  dropRecord(history, sequence);
  dropBehindLog(history, sequence);
}

/** The ledger has no position for the message, as after a timeout. */
export function forgetOutcome(
  history: PlantedHistory,
  sequence: number,
  outcome: 'unknown' | 'rejected',
): void {
  const sent = send(history, sequence);
  sent.outcome = outcome;
  delete sent.partition;
  delete sent.offset;
}

/** One more record at the end of partition 1, with its delivery, journal and row. */
export function appendCopy(history: PlantedHistory, sequence: number): void {
  const place = { partition: 1, offset: 4 };
  history.log.push({ ...record(history, sequence), ...place });
  history.ranges[1]!.end = 5;
  history.positions.set(1, 5);
  history.deliveries.push(place);
  const { category, digest } = row(history, sequence);
  history.written.push({ ...place, category, digest });
  history.rows.push({ ...row(history, sequence), ...place });
}

/** Everything of partition 1 below an offset was removed. */
export function retain(history: PlantedHistory, start: number): void {
  history.ranges[1]!.start = start;
  history.log = history.log.filter(({ partition, offset }) => partition !== 1 || offset >= start);
}

/** Messages 4, 7 and 10, of partition 1, and 5, of partition 2, were sent in one transaction. */
export function inTransaction(history: PlantedHistory, end: TransactionEnd): void {
  history.transactions.set('t', end);
  for (const sequence of sentTogether) send(history, sequence).transaction = 't';
}

/** The log has the message as aborted, and no consumer got it. */
export function abortInLog(history: PlantedHistory, ...sequences: number[]): void {
  for (const sequence of sequences) {
    record(history, sequence).aborted = true;
    dropBehindLog(history, sequence);
  }
}

export const sentTogether = [4, 5, 7, 10];

export const otherState = (state: string): string => (state === 'failed' ? 'completed' : 'failed');
