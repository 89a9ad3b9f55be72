/** `pipeline.json`: what a run of a user's pipeline handed over, and what it needs to be judged again. It is sealed. */
import { z } from 'zod';
import { faultSchema } from '../result/result-schema.ts';

export const proofFile = 'pipeline.json';

const count = z.int().min(0);

const destinationSchema = z.object({
  name: z.string(),
  kind: z.enum(['source', 'hop', 'sink']),
  from: z.string().exactOptional(),
  topic: z.string().exactOptional(),
  deadLetters: z.boolean(),
  group: z.string().exactOptional(),
  /** Some messages have children there in their place. */
  hasChildren: z.boolean(),
});
/** A destination's place in the pipeline. */
export type DestinationRole = z.infer<typeof destinationSchema>;

/** What of a destination goes into `pipeline.json`: its location may hold a password. */
export const roleOf = (destination: DestinationRole): DestinationRole => destinationSchema.parse(destination);

export const proofSchema = z.object({
  schema: z.literal(1),
  run: z.string(),
  seed: count,
  pipeline: z.string(),
  source: z.string(),
  planned: count,
  handed: z.object({
    counts: z.object({ sent: count, acked: count, rejected: count, unknown: count }),
    /** The first errors of messages that were rejected, and of those whose outcome is unknown. */
    errors: z.object({ rejected: z.array(z.string()), unknown: z.array(z.string()) }),
    problems: z.array(z.string()),
    tookMs: z.number().min(0),
  }),
  /** Each after the one that feeds it. */
  destinations: z.array(destinationSchema).min(1),
  /** How many messages declared rules drop, by their reason. */
  drops: z.record(z.string(), count),
  /** What makes the verdict inconclusive, in sentences. */
  open: z.array(z.string()),
  /** What did not matter to the verdict, in sentences. */
  notes: z.array(z.string()),
  faults: z.array(faultSchema),
});
export type ProofRecord = z.infer<typeof proofSchema>;
