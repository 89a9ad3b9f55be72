/** The manifest of a run, `run.json`: what was planned, within the limits of what a run can be. */
import { z } from 'zod';
import { offsetsByPartition } from './offsets-by-partition.ts';

const count = z.int().min(0);
const bounded = (max: number): z.ZodInt => z.int().min(0).max(max);

/** No run is larger, in messages, and no payload, in bytes. */
export const messagesMax = 100_000_000;
export const payloadBytesMax = 100_000_000;
const weightMax = 1_000_000;

/** The producers `p0`, `p1` and so on: a gap would hide the producers after it. */
const planSchema = z
  .record(z.string(), bounded(messagesMax))
  .refine(
    (plan) => Object.keys(plan).every((_, index) => plan[`p${index}`] !== undefined),
    'it does not plan p0, p1 and so on',
  )
  .refine(
    (plan) => Object.values(plan).reduce((sum, messages) => sum + messages, 0) <= messagesMax,
    'it plans too many messages',
  );

const statesSchema = z
  .array(z.object({ name: z.string(), weight: z.int().min(1).max(weightMax) }))
  .min(1)
  .refine((states) => new Set(states.map(({ name }) => name)).size === states.length, 'it has a state twice');

/** `run.json`. Written once, before the first send; never changed, and sealed. */
export const manifestSchema = z.object({
  schema: z.literal(1),
  id: z.string(),
  seed: count,
  topic: z.string(),
  topicId: z.string(),
  /** Whether nodrop created the topic, and so may delete it. */
  topicCreated: z.boolean(),
  group: z.string(),
  bootstrapServers: z.string(),
  /**
   * The plan: how many messages each producer was to send; sequences 0 to n − 1. If there is a `durationMs`, this is
   * an upper limit, and the closed ledger has the real number.
   */
  producers: planSchema,
  /** How long each producer was to send, if the run was limited by time and not by number. */
  durationMs: count.optional(),
  /** Messages a second, all producers together; only if they were paced. */
  rate: z.number().positive().optional(),
  batchSize: count,
  payloadBytes: bounded(payloadBytesMax),
  states: statesSchema,
  /** The field that carries a message's state, if it is not the payload's `state`. */
  stateField: z.string().optional(),
  stateHeader: z.string().optional(),
  /** The acknowledgements that the producer asked for: all, 1 or 0. */
  acks: z.string().optional(),
  /** Set if the messages went in transactions. */
  transactions: z
    .object({
      /** Messages in a transaction. */
      size: z.int().min(1),
      /** The share of transactions that were aborted on purpose. */
      abortRate: z.number().min(0).max(1),
    })
    .optional(),
  /**
   * The topic's end offset by partition before the first send. On a topic that existed before, nothing else tells older
   * records from the run's.
   */
  base: offsetsByPartition,
  /** Milliseconds since the epoch. */
  createdAt: count,
});
export type Manifest = z.infer<typeof manifestSchema>;
