/** The result of a run of a user's pipeline, in the document that every audit has. */
import type { CheckRecord } from '../check/check-record.ts';
import type { DestinationSummary, Environment, Measurements, Result, Timings } from '../result/result.ts';
import type { Audit, Cause, EvidenceState, Verdict } from '../result/verdict.ts';
import type { JudgedDestination } from './judge-destinations.ts';
import type { ProofRecord } from './proof-record.ts';

/** A destination as far as its verdict needs it, and what was read of it. */
export interface ProvenDestination {
  record: CheckRecord;
  facts: JudgedDestination;
}

export interface ProofTimes {
  measured: Measurements;
  timings: Timings;
  allowed: readonly Cause[];
  environment: Environment;
}

export function proofResult(
  proof: ProofRecord,
  judged: readonly ProvenDestination[],
  { measured, timings, allowed, environment }: ProofTimes,
): Result {
  const { run, seed, pipeline, source, planned, drops, faults } = proof;
  const audit = auditOf(proof, judged);
  return {
    schema: 1,
    ...audit,
    root: 'ledger',
    provenance: {
      ledger: 'made',
      ...Object.fromEntries(
        judged.map(({ record, facts }) => [
          facts.destination.name,
          record.sinks[0]!.name.startsWith('command:') ? ('reported' as const) : ('read' as const),
        ]),
      ),
      ...(judged.some(({ facts }) => facts.destination.group !== undefined) && {
        commits: 'reported' as const,
      }),
    },
    pipeline: {
      name: pipeline,
      source,
      destinations: judged.map(({ record, facts }) => destinationSummary(record, facts)),
      drops,
    },
    run: {
      id: run,
      seed,
      topic:
        judged.find(({ facts }) => facts.destination.topic !== undefined)?.facts.destination.topic ?? null,
      messages: planned,
      batchSize: null,
    },
    allowed: [...allowed],
    faults: [...faults],
    ...measured,
    timings,
    thresholds: [],
    environment,
  };
}

function destinationSummary(
  record: CheckRecord,
  { destination, audit, tallies }: JudgedDestination,
): DestinationSummary {
  const sink = record.sinks[0]!;
  const { name, kind, from, deadLetters, group } = destination;
  const { rows, deadLetters: letters } = audit.store;
  return {
    name,
    kind,
    location: sink.name,
    rows: sink.rows,
    from: from ?? null,
    rule: record.plan.rule,
    id: sink.id,
    group: group ?? null,
    deadLetters,
    expected:
      sumOf(Object.values(audit.acknowledged)) -
      audit.counts.dropped +
      sumOf(tallies.map(({ dueAgain }) => dueAgain)),
    found: rows + letters - audit.counts.unrooted,
    unrooted: audit.counts.unrooted,
    looks: sink.looks.length,
    forms: record.forms,
  };
}

/** What is said of the hand-over beside its counts: what makes the verdict inconclusive, in sentences. */
function openSentences(
  { handed: { counts, problems }, planned, open }: ProofRecord,
  written: number,
): string[] {
  const unsent = planned - counts.sent;
  return [
    ...open,
    ...problems,
    ...(counts.acked + written === 0 ? ['No message was acknowledged: there is nothing to prove.'] : []),
    ...(unsent > 0 ? [`${unsent} of ${planned} messages were not handed over.`] : []),
  ];
}

function notCheckedOf(
  { handed: { errors }, notes }: ProofRecord,
  judged: readonly ProvenDestination[],
  open: readonly string[],
): string[] {
  const all = [
    ...open,
    ...notCheckedAt(judged),
    ...notes,
    ...errors.rejected.map((error) => `Messages were rejected: ${error}`),
    ...errors.unknown.map((error) => `The outcome of messages is unknown: ${error}`),
  ];
  return [...new Set(all)];
}

/** How many messages with an unknown outcome came to any destination. */
const writtenOf = (unknown: number, judged: readonly ProvenDestination[]): number =>
  Math.min(unknown, Math.max(0, ...judged.map(({ facts: { tallies } }) => tallies[0]!.doubtfulSent)));

function auditOf(proof: ProofRecord, judged: readonly ProvenDestination[]): Audit {
  const { handed, planned } = proof;
  const { counts } = handed;
  const audits = judged.map(({ facts }) => facts.audit);
  const sinks = judged.filter(({ facts }) => facts.destination.kind === 'sink');
  const sum = (
    of: (audit: Audit) => number,
    among: readonly { facts: JudgedDestination }[] = judged,
  ): number => among.reduce((total, { facts }) => total + of(facts.audit), 0);
  const ledger = { ...counts, unsent: planned - counts.sent };
  const written = writtenOf(counts.unknown, judged);
  const open = openSentences(proof, written);
  const findings = audits.flatMap((audit) => audit.findings);
  const topics = judged.filter(({ facts }) => facts.destination.topic !== undefined);
  return {
    verdict: verdictOf(
      audits.map(({ verdict }) => verdict),
      findings,
      open.length,
    ),
    evidence: {
      ledger: 'whole',
      log: worst(topics.map(({ facts }) => facts.audit.evidence.store)),
      journal: 'missing',
      store: worst(sinks.map(({ facts }) => facts.audit.evidence.store)),
    },
    ledger,
    acknowledged: fatesOf(counts.acked, judged),
    log: { records: topics[0]?.facts.audit.store.rows ?? 0 },
    store: {
      rows: sum(({ store }) => store.rows, sinks),
      byCategory: mergeCounts(sinks.map(({ facts }) => facts.audit.store.byCategory)),
      deadLetters: sum(
        ({ store }) => store.rows,
        judged.filter(({ facts }) => facts.destination.deadLetters),
      ),
    },
    counts: {
      redelivered: null,
      foreign: 0,
      rejected: counts.rejected,
      unsent: ledger.unsent,
      unknownWritten: written,
      unknownNotWritten: counts.unknown - written,
      refusedWrites: null,
      repeated: sum(({ counts: { repeated } }) => repeated),
      superseded: sum(({ counts: { superseded } }) => superseded),
      unrooted: sum(({ counts: { unrooted } }) => unrooted),
      // What is not meant for one destination is no drop.
      dropped: Object.values(proof.drops).reduce((sum, count) => sum + count, 0),
    },
    states: audits[0]?.states ?? {},
    partitions: [],
    confusion: Object.fromEntries(
      mergedKeys(audits.map(({ confusion }) => confusion)).map((name) => [
        name,
        mergeCounts(audits.map(({ confusion }) => confusion[name] ?? {})),
      ]),
    ),
    findings,
    notChecked: notCheckedOf(proof, judged, open),
  };
}

/** What several destinations have in common is said once. */
function notCheckedAt(judged: readonly ProvenDestination[]): string[] {
  const names = new Map<string, string[]>();
  for (const { facts } of judged) {
    for (const text of facts.audit.notChecked) {
      const known = names.get(text) ?? [];
      names.set(text, [...known, facts.destination.name]);
    }
  }
  return [...names].map(([text, of]) => `${of.join(', ')}: ${text}`);
}

function verdictOf(verdicts: readonly Verdict[], findings: Audit['findings'], open: number): Verdict {
  if (findings.some(({ allowed }) => allowed !== true)) return 'fail';
  return open > 0 || verdicts.includes('inconclusive') ? 'inconclusive' : 'pass';
}

/** A message counts once, however many destinations have something wrong with it. */
function fatesOf(acked: number, judged: readonly { facts: JudgedDestination }[]): Audit['acknowledged'] {
  const lostIds = new Set(judged.flatMap(({ facts }) => [...facts.lost]));
  const wrongIds = new Set(judged.flatMap(({ facts }) => [...facts.wrong]).filter((id) => !lostIds.has(id)));
  const lost = Math.min(acked, lostIds.size);
  const wrong = Math.min(acked - lost, wrongIds.size);
  const unjudged = Math.min(
    acked - lost - wrong,
    Math.max(0, ...judged.map(({ facts }) => facts.audit.acknowledged.unjudged)),
  );
  return { right: acked - lost - wrong - unjudged, wrong, lost, unjudged };
}

const sumOf = (counts: readonly number[]): number => counts.reduce((sum, count) => sum + count, 0);

const worst = (states: readonly EvidenceState[]): EvidenceState =>
  states.length === 0 || states.includes('missing') ? 'missing' : states.includes('torn') ? 'torn' : 'whole';

const mergedKeys = (records: readonly object[]): string[] => [
  ...new Set(records.flatMap((each) => Object.keys(each))),
];

const mergeCounts = (records: readonly Record<string, number>[]): Record<string, number> =>
  Object.fromEntries(
    mergedKeys(records).map((name) => [name, records.reduce((total, each) => total + (each[name] ?? 0), 0)]),
  );
