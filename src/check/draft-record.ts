/** Writes down what a check read, for `check.json`. */
import { formWords } from '../values/normal-form.ts';
import type { IdPlace } from '../values/value-place.ts';
import type { Forms } from './bound-places.ts';
import type { CheckRecord } from './check-record.ts';
import type { FactShape } from './facts/fact-format.ts';
import type { WrittenFacts } from './facts/fact-writer.ts';
import { isWholeLife, type FrozenTopic } from './freeze.ts';
import type { Commits } from './group-drain.ts';
import { tombstone, type CheckPlan } from './plan.ts';
import type { ScannedPartition } from '../kafka/fetch/log-scan.ts';
import { isReadWhole, type ReadRecords } from './record-reader.ts';

export interface ReadHops {
  id: string;
  plan: CheckPlan;
  topics: readonly FrozenTopic[];
  reads: readonly ReadRecords[];
  written: WrittenFacts;
  categories: string[];
  commits: Commits | undefined;
  shape: FactShape;
  forms: Forms;
}

/** The record of a check, before its looks at the sink are added. */
export function draftRecord(hops: ReadHops): CheckRecord {
  const { id, plan, topics, reads, written, categories, shape } = hops;
  const sum = (part: 'records' | 'withoutId' | 'notJson'): number =>
    reads.reduce((total, read) => total + read[part], 0);
  const first = reads.find(({ firstWithoutId }) => firstWithoutId !== undefined)?.firstWithoutId;
  return {
    schema: 1,
    id,
    bootstrapServers: plan.bootstrapServers,
    plan: planText(plan),
    ...(plan.id.kind !== 'position' && { idForm: hops.forms.id }),
    forms: formsText(plan, hops.forms),
    shape,
    topics: topics.map((topic, index) => topicRecord(topic, reads[index]!, hops.commits)),
    records: {
      ...written,
      read: sum('records'),
      withoutId: sum('withoutId'),
      ...(first !== undefined && { firstWithoutId: first }),
      notJson: sum('notJson'),
      categories,
    },
    later: { file: '', facts: 0, sums: { facts: '', ids: '' }, isWhole: true, withoutId: 0 },
    sinks: [],
    isWholeLife:
      topics.every(isWholeLife) &&
      reads.every(isReadWhole) &&
      topics.every((topic, index) => removalsOf(topic, reads[index]!).length === 0),
    isUndrained: false,
    notes: [
      ...topics.flatMap((topic, index) => removalsOf(topic, reads[index]!)),
      ...reads.flatMap((read) => (hops.commits === undefined ? [] : lagsOf(plan.group!, read, hops.commits))),
    ],
    problems: reads.flatMap(problemsOf),
    createdAt: Date.now(),
  };
}

const planText = (plan: CheckPlan): CheckRecord['plan'] => ({
  id: plan.id.text,
  category: plan.category?.text,
  route: plan.route?.text,
  comparisons: plan.comparisons.map(({ text }) => text),
  rule: plan.rule,
  version: plan.version?.record.text,
  drops: [
    ...plan.drops.map(({ place, value }) => `${place.text}=${value}`),
    ...(plan.dropsTombstones ? [tombstone] : []),
  ],
  dropReason: plan.dropReason,
  group: plan.group,
  sample: plan.sample,
  settleMs: plan.settleMs,
});

/** How values are compared. Positions need no form. */
export const formsText = (
  plan: { id: IdPlace; category: unknown; comparisons: CheckPlan['comparisons'] },
  forms: Forms,
): Record<string, string> => ({
  ...(plan.id.kind !== 'position' && { id: formWords[forms.id] }),
  ...(plan.category !== undefined && { category: formWords[forms.category] }),
  ...Object.fromEntries(plan.comparisons.map(({ text }, index) => [text, formWords[forms.compared[index]!]])),
});

function topicRecord(
  { name, topicId, compacted, partitions }: FrozenTopic,
  { scan }: ReadRecords,
  commits: Commits | undefined,
): CheckRecord['topics'][number] {
  return {
    name,
    topicId,
    compacted,
    partitions: partitions.map((frozen) => {
      const scanned = scan.partitions.find(({ partition }) => partition === frozen.partition);
      return {
        ...frozen,
        startAfter: scanned?.startAfter ?? frozen.start,
        reached: scanned?.reached ?? frozen.from,
        // Transactions that have ended by then were read as they ended.
        lastStableOffset: scanned?.lastStableOffset ?? frozen.lastStableOffset,
        committed: commits?.get(name)?.get(frozen.partition) ?? null,
      };
    }),
  };
}

/** How far a group is behind the records that were read, in sentences. */
function lagsOf(group: string, { scan: { topic }, ends }: ReadRecords, commits: Commits): string[] {
  const offsets = commits.get(topic)!;
  if (offsets.size === 0 && ends.size > 0) return [`Group ${group} has committed nothing of ${topic}.`];
  return [...ends].flatMap(([partition, end]) => {
    const offset = offsets.get(partition);
    if (offset !== undefined && offset >= end) return [];
    const where = offset === undefined ? 'has committed nothing' : `stands at offset ${offset} of ${end}`;
    return [`Group ${group} ${where} in partition ${partition} of ${topic}.`];
  });
}

/** Which records were removed while the topic was read, perhaps before they were read, in sentences. */
const removalsOf = ({ name, partitions }: FrozenTopic, { scan }: ReadRecords): string[] =>
  partitions.flatMap(({ partition, start }) => {
    const startAfter =
      scan.partitions.find((scanned) => scanned.partition === partition)?.startAfter ?? start;
    if (startAfter <= start) return [];
    return [
      `Records of partition ${partition} of ${name} below offset ${startAfter} were removed while it was checked: those that were not read by then are not judged.`,
    ];
  });

/** What the scan of a range could not read, in sentences. */
function problemsOf({ scan: { topic, partitions }, ends }: ReadRecords): string[] {
  return partitions.flatMap((scanned) => [
    ...(scanned.reached < scanned.end
      ? [
          `Partition ${scanned.partition} of ${topic} was cut off at ${scanned.reached} of ${scanned.end} while it was read.`,
        ]
      : []),
    ...(scanned.lastStableOffset < (ends.get(scanned.partition) ?? 0)
      ? [
          `Partition ${scanned.partition} of ${topic} has an open transaction: its records from offset ${scanned.lastStableOffset} on are not judged.`,
        ]
      : []),
    ...damageOf(topic, scanned),
  ]);
}

function damageOf(
  topic: string,
  { partition, undecodableBatches, crcBadBatches }: ScannedPartition,
): string[] {
  return [
    ...(undecodableBatches > 0
      ? [`Partition ${partition} of ${topic} has ${undecodableBatches} batches that cannot be read.`]
      : []),
    ...(crcBadBatches > undecodableBatches
      ? [`Partition ${partition} of ${topic} has ${crcBadBatches} batches that fail their checksum.`]
      : []),
  ];
}
