/** What the evidence says about the run as a whole. Each of its parts says the same, except for what it lacks. */
import type { Evidence } from '../evidence.ts';

export const evidenceNames = ['plan', 'ledger', 'log', 'deliveries', 'written', 'store'] as const;
type EvidenceName = (typeof evidenceNames)[number];

interface Problem {
  /** Why the evidence is not whole; empty if it is missing. */
  text: string;
  /** A verdict needs this evidence. */
  isOpen: boolean;
}

export interface RunFacts {
  readonly root: Evidence['root'];
  readonly mayBeEmpty: boolean;
  readonly interruptions: readonly string[];
  readonly notes: readonly string[];
  readonly oddPositions: readonly string[];
  readonly stalls: NonNullable<Evidence['stalls']>;
  readonly found: NonNullable<Evidence['found']>;
  readonly topicRecreated: boolean;
  readonly refusedWrites: number | null;
  readonly areDeliveriesKept: boolean;
  readonly areWritesKept: boolean;
  readonly hasPositions: boolean;
  readonly hasRanges: boolean;
  /** The first problem of each kind of evidence. */
  readonly problems: ReadonlyMap<EvidenceName, Problem>;
}

/** To be called after all hops of a part were read. `before`: the facts of the parts before it. */
export function runFacts(evidence: Evidence, before: RunFacts | undefined): RunFacts {
  const { log, store } = evidence;
  return {
    root: evidence.root,
    mayBeEmpty: evidence.mayBeEmpty === true,
    interruptions: evidence.interruptions,
    notes: evidence.notes ?? [],
    oddPositions: store.oddPositions ?? [],
    stalls: evidence.stalls ?? [],
    found: evidence.found ?? [],
    topicRecreated: log.topicRecreated === true,
    refusedWrites: evidence.refusedWrites ?? null,
    areDeliveriesKept: evidence.deliveries !== undefined,
    areWritesKept: evidence.written !== undefined,
    hasPositions: store.positions.size > 0,
    hasRanges: log.ranges.length > 0,
    problems: new Map([...problemsOf(evidence), ...(before?.problems ?? [])]),
  };
}

function* problemsOf(evidence: Evidence): Iterable<[EvidenceName, Problem]> {
  for (const name of evidenceNames) {
    const hop: { whole: boolean; problem?: string; required?: boolean } | undefined = evidence[name];
    if (hop === undefined || hop.whole) continue;
    yield [name, { text: hop.problem ?? '', isOpen: hop.required ?? true }];
  }
}
