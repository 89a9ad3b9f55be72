import type { Evidence } from '../evidence.ts';
import type { EvidenceState, EvidenceStates, LedgerCounts } from '../../result/verdict.ts';
import type { Partitions } from './partitions.ts';
import type { WrittenJournal } from './read-journal.ts';
import type { LogReading } from './read-log.ts';
import type { StoreReading } from './read-store.ts';
import type { Proof } from './subject.ts';

interface Read {
  partitions: Partitions;
  journal: WrittenJournal;
  proof: Proof;
  ledger: LedgerCounts;
  log: LogReading;
  store: StoreReading;
}

/** The state of each hop's evidence, once all were read. A hop that is not whole and had nothing is missing. */
export function evidenceStates(evidence: Evidence, read: Read): EvidenceStates {
  const { partitions, journal, proof } = read;
  const { log, store, deliveries, written } = evidence;
  const rows = [...read.store.byCategory, read.store.deadLetters];
  const isJournalRead = journal.isRead || partitions.all.some(({ delivered }) => delivered.isAny);
  const isJournalKept = deliveries !== undefined || written !== undefined;
  const isJournalWhole = isJournalKept && [deliveries, written].every((hop) => hop?.whole ?? true);
  return {
    ledger: stateOf(proof.ledgerWhole, read.ledger.sent > 0),
    log: stateOf(proof.logWhole, read.log.records + read.log.foreign > 0 || log.ranges.length > 0),
    journal: stateOf(isJournalWhole, isJournalRead),
    store: stateOf(proof.storeWhole, rows.some((count) => count > 0) || store.positions.size > 0),
  };
}

function stateOf(isWhole: boolean, isRead: boolean): EvidenceState {
  if (isWhole) return 'whole';
  return isRead ? 'torn' : 'missing';
}
