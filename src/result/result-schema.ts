/**
 * The schema of the JSON document, for its readers. nodrop's own types are in `result.ts` and `verdict.ts`; the
 * compiler checks that both agree. Later versions add fields, and never rename or remove any: so the schema allows
 * unknown fields.
 */
import { z } from 'zod';
import type { Result } from './result.ts';
import { causes, examplesMax, findingKinds } from './verdict.ts';

const count = z.int().min(0);
const ms = z.number().min(0);
const rate = z.number().min(0).nullable();
const cause = z.enum(causes);
const blame = z.enum(['producer', 'broker', 'consumer', 'store', 'unknown']);

const example = z.object({
  id: z.string().exactOptional(),
  producer: z.string().exactOptional(),
  sequence: count.exactOptional(),
  state: z.string().exactOptional(),
  sink: z.string().exactOptional().describe('Only in checks of several sinks.'),
  topic: z.string().exactOptional().describe('Only if the run has several topics.'),
  partition: count.exactOptional(),
  offset: count.exactOptional(),
  detail: z.string().exactOptional().describe('What was found instead, in a few words.'),
});

const hop = z
  .string()
  .exactOptional()
  .describe("Only in runs of a user's pipeline: the hop or sink at which it first shows.");

const finding = z.object({
  kind: z.enum(findingKinds),
  blame,
  hop,
  count: count.describe('Messages, or partitions if the kind is about partitions.'),
  examples: z.array(example).max(examplesMax),
  cause: cause.exactOptional(),
  allowed: z
    .literal(true)
    .exactOptional()
    .describe('--allow names the cause: the finding does not fail the run.'),
});

const evidenceState = z.enum(['whole', 'torn', 'missing']);

const latency = z
  .object({ count, p50: ms, p90: ms, p99: ms, 'p99.9': ms, max: ms, mean: ms })
  .nullable()
  .describe('In ms; null if nothing was recorded.');

/** A `FaultRecord`. */
export const faultSchema = z.object({
  name: z.string(),
  schedule: z.string().describe('As the user gave it: kill-leader@5s+3s.'),
  target: z.string().nullable().describe('The process, partition or other thing that the fault acted on.'),
  startMs: z.number().nullable().describe('Since the first send; null if the fault did not begin.'),
  endMs: z.number().nullable().describe('Since the first send; null if the fault did not end.'),
  tookEffect: z.boolean(),
  evidence: z.array(z.string()),
  found: z
    .array(example.extend({ kind: z.enum(findingKinds), blame, hop, cause: cause.exactOptional() }))
    .exactOptional()
    .describe('Findings about the records that the fault published.'),
  published: z
    .array(z.object({ partition: count, offset: count }))
    .exactOptional()
    .describe('The places of the records that the fault published.'),
});

const provenance = z.enum(['made', 'read', 'reported']);

const check = z
  .object({
    sink: z.string().describe("The sink's location, without user and secrets."),
    sinks: z
      .array(z.object({ label: z.string(), name: z.string() }))
      .describe('Each sink by itself, and how the user names it.'),
    rows: z.string().describe("What the sink's rows are called."),
    records: count.describe('The records in the ranges, in each sink expected or not.'),
    rule: z.enum(['once', 'at-least-once', 'latest']),
    id: z.string(),
    sinkId: z.string(),
    category: z
      .string()
      .exactOptional()
      .describe('Where records have their categories; only if categories are compared.'),
    group: z.string().exactOptional().describe('The consumer group whose commits were read.'),
    forms: z.record(z.string(), z.string()).describe('How values are compared, by place.'),
    isWholeLife: z.boolean().describe('Whether the topics never held a record before the range.'),
    looks: count.describe('How often the sink was read.'),
    sampled: count.nullable().describe('About how many messages were looked at; null: all.'),
    ranges: z.array(z.object({ topic: z.string(), partition: count, from: count, to: count })),
  })
  .describe('What a check compared; only in results of checks.');

const pipeline = z
  .object({
    name: z.string(),
    source: z.string(),
    destinations: z
      .array(
        z.object({
          name: z.string(),
          kind: z.enum(['source', 'hop', 'sink']),
          location: z.string().describe('Without user and secrets.'),
          rows: z.string().describe('What its rows are called.'),
          from: z.string().nullable().describe('The destination that feeds it; null: the source itself.'),
          rule: z.enum(['once', 'at-least-once', 'latest']),
          id: z.string(),
          group: z.string().nullable(),
          deadLetters: z.boolean(),
          expected: count.describe('Messages that are expected there.'),
          found: count.describe('Rows of messages of the run that are there.'),
          unrooted: count.describe('Rows of no message of the run, where others may write.'),
          looks: count.describe('How often it was read.'),
          forms: z.record(z.string(), z.string()).describe('How values are compared, by place.'),
        }),
      )
      .describe('The source topic, hops and sinks, each after the one that feeds it.'),
    drops: z.record(z.string(), count).describe('How many messages declared rules drop, by their reason.'),
  })
  .describe("What a run drove; only in results of runs of a user's pipeline.");

const threshold = z.object({
  threshold: z.string(),
  value: z.number().nullable().describe('In ms, messages a second, or messages; null: not measured.'),
  met: z.boolean(),
});

export const resultSchema = z.object({
  schema: z.literal(1),
  verdict: z.enum(['pass', 'fail', 'inconclusive']),
  root: z
    .enum(['log', 'ledger'])
    .exactOptional()
    .describe("The first hop that is believed; only in results of checks, and of runs of a user's pipeline."),
  provenance: z
    .record(z.string(), provenance)
    .exactOptional()
    .describe(
      "Where the evidence of each hop comes from; only in results of checks and of a user's pipeline.",
    ),
  check: check.exactOptional(),
  pipeline: pipeline.exactOptional(),
  run: z.object({
    id: z.string(),
    seed: count.nullable(),
    topic: z.string().nullable(),
    messages: count.nullable(),
    batchSize: count.nullable(),
  }),
  evidence: z
    .object({ ledger: evidenceState, log: evidenceState, journal: evidenceState, store: evidenceState })
    .describe('How much of each hop could be read: the counts of a missing hop mean nothing.'),
  ledger: z.object({
    sent: count,
    acked: count,
    rejected: count,
    unknown: count,
    unsent: count,
    aborted: count
      .exactOptional()
      .describe('Messages of aborted transactions; only if there were transactions.'),
  }),
  acknowledged: z
    .object({ right: count, wrong: count, lost: count, unjudged: count })
    .describe('The fate of the acknowledged messages; adds up to ledger.acked.'),
  log: z.object({ records: count }).describe('Records of this run.'),
  store: z
    .object({ rows: count, byCategory: z.record(z.string(), count), deadLetters: count })
    .describe('Rows of this run.'),
  counts: z
    .object({
      redelivered: count.nullable(),
      foreign: count,
      rejected: count,
      unsent: count,
      unknownWritten: count,
      unknownNotWritten: count,
      refusedWrites: count.nullable(),
      repeated: count.describe('Under the rule at-least-once: how often messages came again.'),
      superseded: count.describe(
        'Under the rule latest: messages that a later one of their key has replaced.',
      ),
      unrooted: count.describe(
        'Rows that no record explains, where the log is not the whole life of the topic.',
      ),
      dropped: count.describe('Messages that a declared rule drops.'),
    })
    .describe('Counts that are not findings; null: not measured.'),
  states: z
    .record(
      z.string(),
      z.object({
        sent: count,
        acked: count,
        logged: count,
        delivered: count.nullable(),
        written: count.nullable(),
      }),
    )
    .describe(
      'By state: how many messages reached each hop before the store. null: no consumer kept a journal.',
    ),
  partitions: z
    .array(
      z.object({
        topic: z.string().exactOptional().describe('Only if the run has several topics.'),
        partition: count,
        start: count.nullable(),
        end: count.nullable(),
        stored: count.nullable().describe("The store's next offset."),
        committed: count.nullable().describe("The group's next offset."),
        lag: count.nullable(),
      }),
    )
    .describe('Offsets; null: not known.'),
  confusion: z
    .record(z.string(), z.record(z.string(), count))
    .describe('Expected category, then stored category, then messages.'),
  findings: z.array(finding).describe('One per kind and blame.'),
  notChecked: z.array(z.string()).describe('Checks that were not possible, in sentences.'),
  allowed: z.array(cause).describe('Causes that --allow named.'),
  faults: z.array(faultSchema).describe('The faults that were injected into the run.'),
  rates: z.object({ acked: rate, stored: rate }).describe('Messages a second; null: not measured.'),
  latency: z.object({
    acked: latency,
    stored: latency,
    missing: z
      .object({ acked: z.array(z.string()), stored: z.array(z.string()) })
      .describe('The latency logs that are missing or incomplete.'),
  }),
  timings: z
    .object({
      brokerStartMs: ms.nullable(),
      produceMs: ms.nullable(),
      drainMs: ms.nullable(),
      readMs: ms
        .nullable()
        .exactOptional()
        .describe('Only of a check: how long it took to read topic and sink.'),
      auditMs: ms.nullable(),
      totalMs: ms.nullable(),
    })
    .describe('null: the run had no such phase.'),
  thresholds: z.array(threshold),
  environment: z
    .object({
      kafka: z.string().nullable(),
      zookeeper: z.string().exactOptional().describe("Only if a ZooKeeper kept Kafka's metadata."),
      client: z.string(),
      node: z.string(),
      java: z.string().nullable(),
      sabotage: z.string().exactOptional().describe('The defects that NODROP_SABOTAGE planted in the run.'),
    })
    .describe('Versions; null for a Kafka that nodrop did not start.'),
});

type Schema = z.infer<typeof resultSchema>;
/** The type with all optional fields required: otherwise a field that one of two types lacks goes unnoticed. */
type Whole<T> = T extends object ? { [Name in keyof T]-?: Whole<Exclude<T[Name], undefined>> } : T;
type Same<A, B> = [A, Whole<A>, B, Whole<B>] extends [B, Whole<B>, A, Whole<A>] ? true : never;
/** Fails to compile if the schema and the type differ. */
true satisfies Same<Schema, Result>;

/** `docs/result.schema.json`. */
export const resultJsonSchema = (): object => ({
  ...z.toJSONSchema(resultSchema, { io: 'input' }),
  title: "nodrop's result",
});
