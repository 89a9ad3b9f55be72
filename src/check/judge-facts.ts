/** Judges the facts of a check: bucket by bucket, and sink by sink. */
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Evidence, LogRange } from '../audit/evidence.ts';
import { auditParts, type AuditOptions } from '../audit/judge/audit.ts';
import type { Audit, Cause, SingleFinding } from '../result/verdict.ts';
import { plural } from '../text/counted.ts';
import { lastLooks, type CheckRecord } from './check-record.ts';
import { BucketEvidence } from './evidence/bucket-evidence.ts';
import type { BucketSources } from './evidence/bucket-sources.ts';
import { IdentityTally } from './evidence/identity-tally.ts';
import { openSentences } from './evidence/open-sentences.ts';
import { bucketOf, factFlags } from './facts/fact-format.ts';
import { FactFiles } from './facts/fact-files.ts';
import { shownComparisons } from './facts/shown-values.ts';
import { numberOf, topicNames } from './partition-numbers.ts';
import { isTopic } from './plan.ts';

export interface JudgeOptions {
  /** The folder with the facts. */
  path: string;
  allowed?: readonly Cause[];
  signal?: AbortSignal | undefined;
  /** Judges the id with this hash alone, as if nothing else had been read. */
  only?: Uint32Array;
  onFinding?: (finding: SingleFinding) => void;
  /** nodrop made the messages: some are perhaps not sent, or were rejected. */
  isMade?: boolean;
  /** As for an audit. */
  isConsequence?: AuditOptions['isConsequence'];
  /** Called after each bucket. */
  onBucket?: (done: number, of: number) => void;
}

export interface JudgedFacts {
  audit: Audit;
  /** By sink. */
  tallies: readonly IdentityTally[];
}

/** So many notes on single partitions are shown. */
const notesMax = 10;
const noCategoryName = '(none)';
const elsewhereName = '(another sink)';
const onlyCategory = 'rows';

export async function judgeFacts(record: CheckRecord, options: JudgeOptions): Promise<JudgedFacts> {
  const { allowed, onFinding, isConsequence } = options;
  const tallies = record.sinks.map(() => new IdentityTally());
  using files = new FactFiles(options.path, record);
  const parts = partsOf(record, files, tallies, options);
  const judged = await auditParts(parts, {
    ...(allowed && { allowed }),
    ...(onFinding && { onFinding }),
    ...(isConsequence && { isConsequence }),
  });
  return { audit: withOpenSentences(judged, record, tallies), tallies };
}

async function* partsOf(
  record: CheckRecord,
  files: FactFiles,
  tallies: readonly IdentityTally[],
  { signal, only, isMade = false, onBucket }: JudgeOptions,
): AsyncIterable<Evidence> {
  const { buckets } = record.shape;
  const comparisons = shownComparisons(record);
  const known = categoriesOf(record);
  const run = {
    ...runEvidence(record, known.categories, { isWholeLife: explainsAll(record, files), isMade }),
    // All messages may belong at other destinations.
    ...(isMade && { mayBeEmpty: true }),
  };
  const first = only === undefined ? 0 : bucketOf(only, buckets);
  const end = only === undefined ? buckets : first + 1;
  for (let bucket = first; bucket < end; bucket++) {
    const records = files.records.read(bucket, only);
    const later = files.later.read(bucket, only);
    for (const [index, sink] of files.sinks.entries()) {
      signal?.throwIfAborted();
      const part = new BucketEvidence({
        records,
        later,
        looks: sink.map((look) => look.read(bucket, only)),
        categories: known.categories,
        recordCategories: known.recordCategories,
        lookCategories: known.lookCategories[index]!,
        noCategory: known.noCategory,
        elsewhereCategory: known.elsewhereCategory,
        comparisons,
        route: record.plan.route === undefined ? undefined : index + 1,
        rule: record.plan.rule,
        isUndrained: record.isUndrained,
        hasAllCopies: run.log.hasAllCopies!,
        isVersioned: record.shape.isVersioned,
        sink: record.sinks.length === 1 ? undefined : record.sinks[index]!.label,
        keepsVersions: isTopic(record.sinks[index]!.name),
        letters: files.lettersOf(index, bucket, only),
        isMade,
        tally: tallies[index]!,
      });
      yield {
        ...run,
        messages: part.messages,
        right: part.right.byCategory,
        ledger: { whole: true, batches: () => part.attempts() },
        log: { ...run.log, batches: () => part.log() },
        store: { ...wholenessOf(record, index), positions: new Map(), batches: () => part.rows() },
      };
    }
    onBucket?.(bucket + 1, buckets);
    // So that a signal can be heard, and progress be shown.
    await nextTurn();
  }
}

/** Whether a row that no id explains is of no record: all records were read, and each tells its id. */
function explainsAll({ isWholeLife, records, later, shape }: CheckRecord, files: FactFiles): boolean {
  if (!isWholeLife || !later.isWhole) return false;
  const aside = factFlags.aborted | factFlags.dropped;
  const hops = [records.withoutId > 0 && files.records, later.withoutId > 0 && files.later];
  for (const hop of hops) {
    if (hop === false) continue;
    for (let bucket = 0; bucket < shape.buckets; bucket++) {
      const facts = hop.read(bucket);
      for (let fact = 0; fact < facts.count; fact++) {
        const flags = facts.flags(fact);
        if (!(flags & factFlags.nameless) || flags & aside) continue;
        if (!files.hasLetter(facts.partition(fact), facts.offset(fact))) return false;
      }
    }
  }
  return true;
}

/** A row that the sink may have removed by itself is not lost: a verdict that misses none does not rest on this. */
function wholenessOf(
  { plan, sinks }: CheckRecord,
  index: number,
): Pick<Evidence['store'], 'whole' | 'problem' | 'required'> {
  const { holes } = sinks[index]!.looks.at(-1)!;
  const isLatest = plan.rule === 'latest';
  const open = holes.filter(({ by }) => by === 'retention' || !isLatest);
  if (open.length === 0) return { whole: true };
  return { whole: false, required: false, problem: open.map(({ text }) => text).join(', and ') };
}

interface KnownCategories extends Pick<
  BucketSources,
  'categories' | 'recordCategories' | 'noCategory' | 'elsewhereCategory'
> {
  /** By sink, then by look, the last one first. */
  lookCategories: readonly (readonly (readonly number[])[])[];
}

function categoriesOf({ plan, records, sinks }: CheckRecord): KnownCategories {
  const looks = sinks.map((sink) => lastLooks(sink.looks));
  const routed = plan.route === undefined ? [] : [elsewhereName];
  if (plan.category === undefined) {
    const lookCategories = looks.map((sink) => sink.map(() => [0]));
    // A row of a record that belongs in another sink is in a category of its own.
    const categories = [onlyCategory, ...routed];
    const elsewhereCategory = routed.length;
    return { categories, recordCategories: [0], lookCategories, noCategory: 0, elsewhereCategory };
  }
  const named = looks.flat().flatMap(({ categories }) => categories);
  const told = [...new Set([...records.categories, ...named.sort()])];
  const indexes = new Map(told.map((name, index) => [name, index]));
  // A category may have one of these names.
  const own = [noCategoryName, ...routed].map((name) => freeName(name, indexes));
  const numbers = (names: readonly string[]): number[] => names.map((name) => indexes.get(name)!);
  return {
    categories: [...told, ...own],
    recordCategories: numbers(records.categories),
    lookCategories: looks.map((sink) => sink.map((look) => numbers(look.categories))),
    noCategory: told.length,
    elsewhereCategory: told.length + routed.length,
  };
}

function freeName(name: string, taken: ReadonlyMap<string, unknown>): string {
  let free = name;
  while (taken.has(free)) free = `(${free})`;
  return free;
}

type RunEvidence = Omit<Evidence, 'messages' | 'ledger' | 'log' | 'store'> & {
  log: Omit<Evidence['log'], 'batches'>;
};

function runEvidence(
  record: CheckRecord,
  categories: readonly string[],
  { isWholeLife, isMade }: { isWholeLife: boolean; isMade: boolean },
): RunEvidence {
  const { topics, plan, sinks, isUndrained } = record;
  // No two records have one position, and nodrop knows all messages that it made.
  const hasAllCopies = isMade || plan.id === 'position' || (record.isWholeLife && record.later.isWhole);
  const positions = new Map<number, number>();
  for (const [topic, partition, offset] of sinks.flatMap(({ looks }) => looks.at(-1)!.positions)) {
    const number = numberOf(topic, partition);
    positions.set(number, Math.min(offset, positions.get(number) ?? offset));
  }
  const ranges: LogRange[] = [];
  const commits = new Map<number, number>();
  for (const [topic, { partitions }] of topics.entries()) {
    for (const { partition, from, to, lastStableOffset, committed } of partitions) {
      const number = numberOf(topic, partition);
      // Compaction and retention do not matter: the messages are the records that are there.
      const range: LogRange = { partition: number, start: from, end: to, base: from, compacted: false };
      if (lastStableOffset < to) range.stableEnd = Math.max(from, lastStableOffset);
      ranges.push(range);
      if (isUndrained) commits.set(number, Math.min(from, committed ?? from));
      // A group that has committed nothing there has not begun: all of it may still come.
      else if (plan.group !== undefined) commits.set(number, committed ?? from);
      else if (positions.has(number)) commits.set(number, positions.get(number)!);
    }
  }
  return {
    run: record.id,
    root: 'log',
    categories,
    ...(topics.length > 1 && { topics: topicNames(topics.map(({ name }) => name)) }),
    plan: { whole: true },
    log: {
      whole: true,
      ranges,
      hasAllRanges: true,
      isKeyed: false,
      isFinal: false,
      isWholeLife,
      hasAllCopies,
    },
    ...((isUndrained || plan.group !== undefined || positions.size > 0) && { commits }),
    ...(plan.rule !== 'once' && { rule: plan.rule }),
    interruptions: record.problems,
  };
}

/** Adds what could not be judged for want of an id, a category or a sink. */
function withOpenSentences(audit: Audit, record: CheckRecord, tallies: readonly IdentityTally[]): Audit {
  const open = openSentences(record, tallies);
  const verdict = audit.verdict === 'pass' && open.length > 0 ? 'inconclusive' : audit.verdict;
  const { namelessLetters } = tallies[0]!;
  const looks = record.sinks.map((sink) => sink.looks.at(-1)!);
  const minor = looks.flatMap(({ noSnapshot, notes }) => [
    ...(noSnapshot === null ? [] : [noSnapshot]),
    ...notes,
  ]);
  if (namelessLetters > 0) {
    minor.push(
      `${namelessLetters} ${plural(namelessLetters, 'record')} without an id: among the dead letters, and not compared further.`,
    );
  }
  const own = record.notes.slice(0, notesMax);
  return { ...audit, verdict, notChecked: [...open, ...audit.notChecked, ...own, ...new Set(minor)] };
}
