/** Turns a collected history into evidence for the audit. */
import type { Evidence, Hop } from '../evidence.ts';
import { plantedSentences } from '../planted-sentences.ts';
import { applyPlan } from './apply-plan.ts';
import type { Collector } from './collector.ts';
import { HistoryBatches } from './history-batches.ts';
import { HistoryMessages } from './history-messages.ts';
import type { HopName } from './line-types.ts';
import { disputedBits, type MessageColumns } from './message-columns.ts';

const defaultStates = ['failed', 'completed', 'in-progress'];
const defaultHops: readonly HopName[] = ['ledger', 'log', 'store'];

/** If a hop is not `required`, a verdict does not need it: only conclusions from missing lines are not drawn. */
interface Needed {
  required: boolean;
}
export type HistoryEvidence = Evidence & {
  ledger: Needed;
  log: Needed;
  store: Needed;
  /** The number of planned messages; null if the history has no plan. */
  plannedMessages: number | null;
  /** The defects that were planted in the run on purpose, if any were. */
  sabotage?: string;
};

/** `name` stands for the run if no line names it. */
export function historyEvidence(collector: Collector, name: string): HistoryEvidence {
  const { run, said, journal } = collector;
  const { topics, topicNumberOf, numberOf } = collector.places.sorted();
  const numbered = (offsets: ReadonlyMap<number, number>): Map<number, number> =>
    new Map([...offsets].map(([partition, offset]) => [numberOf(partition), offset]));
  const plannedCount = applyPlan(said, run?.messages ?? {});
  const states = [...new Set(run?.states ?? defaultStates)];
  const categories = [...new Set([...states, ...[...collector.categories].sort()])];
  const messages = new HistoryMessages(said.messages, plannedCount, states, (message) => {
    const topic = said.topics.get(message);
    return topic === undefined ? undefined : topicNumberOf(topic);
  });
  const batches = new HistoryBatches(
    said,
    messages,
    collector.categories.map((category) => categories.indexOf(category)),
    numberOf,
  );
  const hop = <Batch>(name: HopName, read: () => Iterable<Batch>): Hop<Batch> & Needed => {
    const problems = problemsOf(collector, name);
    return {
      whole: problems.length === 0,
      problem: problems.join('; '),
      required: (run?.hops ?? defaultHops).includes(name),
      batches: read,
    };
  };
  const ledger = { ...hop('ledger', () => batches.attempts()), ...said.transactions.ofLedger() };
  const log = hop('log', () => batches.records());
  const store = hop('store', () => batches.rows());
  const deliveries = hop('deliveries', () => batches.deliveries(journal));
  const written = hop('written', () => batches.written(journal));
  return {
    run: run?.run ?? name,
    ...(run?.rule !== undefined && { rule: run.rule }),
    categories,
    messages,
    ...(topics && { topics }),
    plan: { whole: true },
    ledger,
    log: {
      ...log,
      ranges: [...collector.ranges.values()]
        .map((range) => ({ ...range, partition: numberOf(range.partition) }))
        .sort((a, b) => a.partition - b.partition),
      isKeyed: run?.keyed !== false,
      ...(run?.allRanges === true && { hasAllRanges: true }),
      isFinal: run?.logFinal !== false,
      emptyKey: said.messages.keys.numberOf(''),
      ...(run?.topicRecreated === true && { topicRecreated: true }),
    },
    store: {
      ...store,
      positions: numbered(collector.positions),
      ...(run?.rowsTellPlaces === true && { tellsPlaces: true }),
    },
    ...((deliveries.required || collector.seen.has('deliveries')) && { deliveries }),
    ...((written.required || collector.seen.has('written')) && { written }),
    ...(collector.commits.size > 0 && { commits: numbered(collector.commits) }),
    settings: {
      ...(run?.acks !== undefined && { acks: run.acks }),
      ...(run?.uncleanElection === true && { uncleanElection: true }),
    },
    interruptions: plantedSentences(run?.sabotage),
    ...(run?.sabotage && { sabotage: run.sabotage }),
    plannedMessages:
      run?.messages === undefined ? null : Object.values(run.messages).reduce((sum, n) => sum + n, 0),
  };
}

/** Why a hop is not whole. */
function problemsOf(collector: Collector, name: HopName): string[] {
  const { seen, complete, said, journal, disputedRanges } = collector;
  const problems: string[] = [];
  if (!seen.has(name)) problems.push('the history has no line of it');
  else if (!complete.has(name)) problems.push('no line says that it is complete');
  const disputed = name === 'ledger' ? disputedMessages(said.messages) : 0;
  if (disputed > 0) {
    problems.push(`it contradicts itself: different states, keys or digests sent under one id (${disputed})`);
  }
  const { size } = said.transactions.disputed;
  if (name === 'ledger' && size > 0) {
    problems.push(`it contradicts itself: transactions that were committed and aborted (${size})`);
  }
  if (name === 'log' && disputedRanges.size > 0) {
    problems.push(`it contradicts itself: what was read of partition ${disputedNames(collector)}`);
  }
  const conflicts =
    name === 'deliveries' ? journal.deliveryConflicts : name === 'written' ? journal.writtenConflicts : 0;
  if (conflicts > 0) problems.push('it contradicts itself: different ids at one offset');
  return problems;
}

function disputedNames({ places, disputedRanges }: Collector): string {
  const { topics, numberOf } = places.sorted();
  const numbers = [...disputedRanges].map(numberOf).sort((a, b) => a - b);
  const names = numbers.map((number) => topics?.nameOf(number) ?? { topic: undefined, partition: number });
  return names
    .map(({ topic, partition }) => (topic === undefined ? partition : `${topic}/${partition}`))
    .join(', ');
}

function disputedMessages({ bits, count }: MessageColumns): number {
  let disputed = 0;
  for (let message = 0; message < count; message++) if (bits.get(message) & disputedBits) disputed += 1;
  return disputed;
}
