/** The lines of `course.jsonl`: their shape, and how to read them. The code that writes them needs the types only. */
import { z } from 'zod';
import { engineNames } from '../stores/engine.ts';
import { faultSchema } from '../result/result-schema.ts';

const setupSchema = z.object({
  /** How many brokers the run started; null if the Kafka is not the run's own. */
  brokers: z.int().nullable(),
  consumers: z.int(),
  store: z.enum(engineNames),
  /** The words of the command that repeats the run, without secrets; and the options that were left out as secret. */
  command: z.array(z.string()),
  leftOut: z.array(z.string()),
});
export type RunSetup = z.infer<typeof setupSchema>;

const eventSchema = z.discriminatedUnion('type', [
  /** The first line of a check. */
  z.object({ type: z.literal('check'), topics: z.array(z.string()) }),
  /** The first line of a run of a user's pipeline. */
  z.object({ type: z.literal('pipeline'), name: z.string(), topics: z.array(z.string()), messages: z.int() }),
  z.object({
    type: z.literal('phase'),
    phase: z.enum(['starting', 'publishing', 'draining', 'auditing']),
  }),
  /** The step that a run of a user's pipeline takes, in words: a phase may have several, and come back to one. */
  z.object({ type: z.literal('step'), text: z.string() }),
  /** A fault has begun or is over; only then is its record whole. `index`: its place in the schedule. */
  z.object({ type: z.literal('fault'), index: z.int(), fault: faultSchema }),
  /** The setup of the run, as far as the manifest does not have it. */
  z.object({ type: z.literal('setup'), setup: setupSchema }),
  /** The leader of each partition, by index; −1 if there is none. */
  z.object({ type: z.literal('leaders'), leaders: z.array(z.int()) }),
  /** The end of the run. A verdict of null: the run failed before there was one. */
  z.object({ type: z.literal('ended'), verdict: z.enum(['pass', 'fail', 'inconclusive']).nullable() }),
]);
export type RunEvent = z.infer<typeof eventSchema>;
export type Phase = Extract<RunEvent, { type: 'phase' }>['phase'];

/** `time`: ms since the epoch. */
const timedSchema = z.intersection(z.object({ time: z.number() }), eventSchema);
export type TimedRunEvent = z.infer<typeof timedSchema>;

/** undefined for a line that is cut short or damaged, which is tolerable: no verdict depends on it. */
export function parseRunEvent(line: string): TimedRunEvent | undefined {
  try {
    return timedSchema.parse(JSON.parse(line));
  } catch {
    return undefined;
  }
}
