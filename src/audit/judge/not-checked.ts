import type { LedgerCounts } from '../../result/verdict.ts';
import type { Partitions } from './partitions.ts';
import type { LogReading } from './read-log.ts';
import { evidenceNames, type RunFacts } from './run-facts.ts';
import { doubtKinds, type DoubtKind } from './charge.ts';
import { counted, were } from '../../text/counted.ts';

/** Says what could not be judged. `open`: the reasons why a verdict cannot be a pass. */
export interface NotChecked {
  open: string[];
  /** What was left out, but is not needed for a verdict. */
  minor: string[];
}

/** Kafka's names of the errors for which messages were not acknowledged. */
export type Refusals = Record<'rejected' | 'unknown', readonly string[]>;

export type Doubts = Record<DoubtKind, number>;

export const noDoubts = (): Doubts => Object.fromEntries(doubtKinds.map((kind) => [kind, 0])) as Doubts;

const sentences: Record<DoubtKind, (messages: string) => string> = {
  notDrained: (n) => `${n} not stored, and the consumer had not come to where they stand: not drained.`,
  unordered: (n) =>
    `${n} not judged: the others of the key stand in other partitions, or their versions contradict their offsets, and it is not known which one is the newest.`,
  fellBack: (n) =>
    `${n} not stored, though the consumer's journal has them as written: the store's next offset stands below them now. Not drained.`,
  storeUnread: (n) => `${n} not seen in the store, of which not all could be read.`,
  unknownUnread: (n) =>
    `${n} of unknown outcome and seen nowhere, in a log of which a part is removed or unread.`,
  strangerUnjudged: (n) =>
    `${n} in the log or the store without an intent or a place in the plan, and ledger or plan are not whole.`,
  rejectedUnjudged: (n) =>
    `${n} rejected and written, and the ledger is not whole: an attempt may be missing.`,
  withoutIntent: (n) => `${n} of the plan in the log or the store without an intent: the ledger lacks them.`,
  positionUnread: (n) => `${n} stored with the position of a record that the log scan did not cover.`,
  compactionUnclear: (n) =>
    `${n} not in a compacted partition, and it cannot be said whether a later record of the key is.`,
  compactionUnknown: (n) =>
    `${n} not judged: compaction may have removed records of the key, and it is not known whether the topic is compacted.`,
  compacted: (n) =>
    `${n} not looked for further: a later record of the key stands in a compacted partition, or a tombstone was its last.`,
  removedButStored: (n) =>
    `${n} stored, and the log was removed where they stood: only ledger and store were compared.`,
  unknownWithoutRecord: (n) =>
    `${n} of unknown outcome stored, and not in the log: they were written, the log was not compared.`,
  journalAlone: (n) => `${n} written according to the consumer's journal, and seen neither in log nor store.`,
};

const stallsNamedMax = 32;
const minorDoubts: readonly DoubtKind[] = ['compacted', 'removedButStored', 'unknownWithoutRecord'];

const hopNames = {
  plan: 'plan',
  ledger: 'ledger',
  log: 'log',
  deliveries: "consumer's deliveries",
  written: "consumer's writes",
  store: 'store',
};

/** What all parts of the evidence say together. */
interface Known {
  facts: RunFacts;
  partitions: Partitions;
  ledger: LedgerCounts;
  log: Pick<LogReading, 'contradictions' | 'beyondEnd'>;
  doubts: Doubts;
  refusals: Refusals;
  /** Rows that no record explains. */
  unrooted: number;
}

export function notChecked({
  facts,
  partitions,
  ledger,
  log,
  doubts,
  refusals,
  unrooted,
}: Known): NotChecked {
  const { contradictions, beyondEnd } = log;
  const result: NotChecked = { open: [...facts.interruptions], minor: [...facts.notes] };
  for (const name of evidenceNames) {
    const problem = facts.problems.get(name);
    if (problem === undefined) continue;
    const sentence = `The evidence of the ${hopNames[name]} is not whole: ${problem.text || 'it is missing'}.`;
    if (problem.isOpen) result.open.push(sentence);
    else result.minor.push(`${sentence} The verdict does not rest on it.`);
  }
  result.open.push(...facts.oddPositions);
  if (facts.topicRecreated) {
    result.open.push('The topic was deleted and recreated since the run began: its records are gone.');
  }
  if (contradictions > 0) {
    result.open.push(
      `The log contradicts itself: it holds two records at ${counted(contradictions, 'offset')}.`,
    );
  }
  if (beyondEnd > 0) {
    result.open.push(
      `The log contradicts itself: it holds ${counted(beyondEnd, 'record')} beyond the ends to which it is said to have been read.`,
    );
  }
  result.open.push(...stallSentences(facts.stalls, partitions));
  if (ledger.unsent > 0) result.open.push(`${counted(ledger.unsent, 'message')} of the plan never sent.`);
  if (ledger.acked === 0 && !facts.mayBeEmpty) {
    const isOfLog = facts.root === 'log';
    result.open.push(
      isOfLog ? 'The log holds no record to check the store by.' : nothingAcked(ledger, refusals),
    );
  }
  for (const kind of doubtKinds) {
    if (doubts[kind] === 0) continue;
    const list = minorDoubts.includes(kind) ? result.minor : result.open;
    list.push(sentences[kind](counted(doubts[kind], facts.root === 'log' ? 'record' : 'message')));
  }
  if (unrooted > 0) {
    result.minor.push(
      `${counted(unrooted, 'row')} not judged: no record that was read explains ${unrooted === 1 ? 'it' : 'them'}, and the topic held others before or since.`,
    );
  }
  return result;
}

/** `No message was acknowledged: 100 were refused, MESSAGE_TOO_LARGE.` */
function nothingAcked({ rejected, unknown, aborted = 0 }: LedgerCounts, refusals: Refusals): string {
  const told = (count: number, what: string, errors: readonly string[]): string[] =>
    count === 0 || errors.length === 0 ? [] : [`${count} ${were(count)} ${what}, ${errors.join(' and ')}`];
  const parts = [
    ...told(rejected, 'refused', refusals.rejected),
    ...told(unknown, 'of unknown outcome', refusals.unknown),
    ...(aborted === 0 ? [] : [`${aborted} ${were(aborted)} in aborted transactions`]),
  ];
  return `No message was acknowledged${parts.length === 0 ? '' : `: ${parts.join('; ')}`}.`;
}

function stallSentences(stalls: RunFacts['stalls'], partitions: Partitions): string[] {
  if (stalls.length === 0) return [];
  const named = stalls.slice(0, stallsNamedMax).flatMap(({ partition }) => {
    const { label, progress } = partitions.of(partition);
    return progress === undefined ? [] : [`partition ${label} is ${progress}`];
  });
  const others = stalls.length - stallsNamedMax;
  if (others > 0) named.push(`and ${counted(others, 'other')} ${others === 1 ? 'is' : 'are'} behind`);
  return [
    `${counted(stalls.length, 'partition')} stalled: there was lag, and no progress or too little.`,
    ...(named.length === 0 ? [] : [`The lag: ${named.join(', ')}.`]),
  ];
}
