/** `check.json`: what a check read, and what it needs to judge its facts again. It is sealed, and has the sums of the facts. */
import { z } from 'zod';
import { forms } from '../values/normal-form.ts';

const count = z.int().min(0);
const sums = z.object({ facts: z.string(), ids: z.string() });

/** A place in a topic that is checked, by the topic's index. */
const placeSchema = z.tuple([count, count, count]);

const lookSchema = z.object({
  /** The name of the files, without an ending. */
  file: z.string(),
  facts: count,
  sums,
  rows: count,
  /** Rows whose id is NULL or empty. */
  withoutId: count,
  categories: z.array(z.string()),
  noSnapshot: z.string().nullable(),
  notes: z.array(z.string()),
  /** Why rows that were written may be gone. */
  holes: z.array(z.object({ by: z.enum(['retention', 'compaction']), text: z.string() })),
  /** The sink's next offsets, and the places of its dead letters, if it tells them. */
  positions: z.array(placeSchema),
  letters: z.array(placeSchema),
});
export type LookRecord = z.infer<typeof lookSchema>;

const lettersSchema = z.object({
  file: z.string(),
  facts: count,
  sums,
  /** Dead letters, and those among them of other topics, and those that lead to no record. */
  letters: count,
  elsewhere: count,
  unknown: count,
  /** Places of records in `FILE.places`, and the file's SHA-256. */
  places: count,
  placesSum: z.string(),
});
export type LettersRecord = z.infer<typeof lettersSchema>;

const sinkSchema = z.object({
  /** The location, without user and secrets, and how the user names it. */
  name: z.string(),
  label: z.string(),
  rows: z.string(),
  id: z.string(),
  category: z.string().optional(),
  /** For a database: where the rows come from. */
  query: z.string().exactOptional(),
  table: z.string().exactOptional(),
  looks: z.array(lookSchema).min(1),
});
export type SinkRecord = z.infer<typeof sinkSchema>;

const partitionSchema = z.object({
  partition: count,
  /** The log's first offset, before and after it was read. */
  start: count,
  startAfter: count,
  /** The range that is checked: offsets `from` to `to` − 1. */
  from: count,
  to: count,
  /** The log's end when the check began. */
  end: count,
  reached: count,
  lastStableOffset: count,
  committed: count.nullable(),
});
export type PartitionRecord = z.infer<typeof partitionSchema>;

export const checkSchema = z.object({
  schema: z.literal(1),
  id: z.string(),
  bootstrapServers: z.string(),
  /** The plan, as the user wrote it. No location has a password. */
  plan: z.object({
    id: z.string(),
    category: z.string().optional(),
    route: z.string().optional(),
    comparisons: z.array(z.string()),
    rule: z.enum(['once', 'at-least-once', 'latest']),
    version: z.string().optional(),
    /** `PLACE=VALUE`, or `tombstone`. */
    drops: z.array(z.string()),
    dropReason: z.string().optional(),
    group: z.string().optional(),
    sample: count.optional(),
    settleMs: count,
  }),
  /** The normal form of ids; absent where positions are the ids. */
  idForm: z.enum(forms).exactOptional(),
  /** How values are compared, in words: by the place that was compared. */
  forms: z.record(z.string(), z.string()),
  shape: z.object({ compared: count, isVersioned: z.boolean(), buckets: count }),
  topics: z
    .array(
      z.object({
        name: z.string(),
        topicId: z.string(),
        compacted: z.boolean().nullable(),
        partitions: z.array(partitionSchema),
      }),
    )
    .min(1),
  records: z.object({
    facts: count,
    sums,
    read: count,
    /** Records without an id, drops among them, and the place of the first. */
    withoutId: count,
    firstWithoutId: z.string().optional(),
    notJson: count,
    categories: z.array(z.string()),
  }),
  /** The records beyond the range, up to the ends of the topics when the sinks had been read the last time. */
  later: z.object({ file: z.string(), facts: count, sums, isWhole: z.boolean(), withoutId: count }),
  sinks: z.array(sinkSchema).min(1),
  /** The last reading of the dead letters. */
  deadLetters: z.object({ name: z.string(), letters: lettersSchema }).optional(),
  /** Whether the topics never held a record before the range, so that no older record explains a row. */
  isWholeLife: z.boolean(),
  /** The sink was still changing when the time was over: what is missing may still come. */
  isUndrained: z.boolean(),
  /** What did not matter to the verdict, in sentences: how far behind the group was, which records were removed. */
  notes: z.array(z.string()),
  /** What makes the verdict inconclusive, in sentences. */
  problems: z.array(z.string()),
  createdAt: count,
});
export type CheckRecord = z.infer<typeof checkSchema>;

export const recordsFile = 'topic';
export const laterFile = (look: number): string => `later-${look}`;
export const lookFile = (sink: number, look: number): string => `sink-${sink + 1}-${look}`;

/** The looks that count, the last one first. */
export const lastLooks = (looks: readonly LookRecord[]): readonly LookRecord[] =>
  looks.slice(-2).toReversed();
