import type { EvidenceState, EvidenceStates } from '../../result/verdict.ts';
import type { Proven } from './proven.ts';
import type { RunFacts } from './run-facts.ts';

/** Which hops had anything, in any part of the evidence. */
export type HopsRead = Record<keyof EvidenceStates, boolean>;

/** The state of each hop's evidence, once all were read. A hop that is not whole and had nothing is missing. */
export function evidenceStates(facts: RunFacts, proven: Proven, read: HopsRead): EvidenceStates {
  const { problems, areDeliveriesKept, areWritesKept } = facts;
  const isJournalKept = areDeliveriesKept || areWritesKept;
  const isJournalWhole = isJournalKept && !problems.has('deliveries') && !problems.has('written');
  return {
    ledger: stateOf(proven.ledgerWhole, read.ledger),
    log: stateOf(proven.logWhole, read.log || facts.hasRanges),
    journal: stateOf(isJournalWhole, read.journal),
    store: stateOf(proven.storeWhole, read.store || facts.hasPositions),
  };
}

function stateOf(isWhole: boolean, isRead: boolean): EvidenceState {
  if (isWhole) return 'whole';
  return isRead ? 'torn' : 'missing';
}
