/** The lines of `course.jsonl`: what may be in one, and reading it. Whoever writes them needs the types alone. */
import { z } from 'zod';
import { engineNames } from '../stores/engine.ts';
import { faultSchema } from '../result/result-schema.ts';

const setupSchema = z.object({
  /** How many were started for it; null for a Kafka of somebody else's. */
  brokers: z.int().nullable(),
  consumers: z.int(),
  store: z.enum(engineNames),
  /** The command that does the run again, in words, without secrets; and the options that were left out for that. */
  command: z.array(z.string()),
  leftOut: z.array(z.string()),
});
export type RunSetup = z.infer<typeof setupSchema>;

const eventSchema = z.discriminatedUnion('type', [
  z.object({
    type: z.literal('phase'),
    phase: z.enum(['starting', 'publishing', 'draining', 'auditing']),
  }),
  /** It has begun, or is over: then its record is whole. `index`: its place in the schedule. */
  z.object({ type: z.literal('fault'), index: z.int(), fault: faultSchema }),
  /** How it was set up, as far as the manifest does not tell. */
  z.object({ type: z.literal('setup'), setup: setupSchema }),
  /** Who leads each partition, by index; −1 for nobody. */
  z.object({ type: z.literal('leaders'), leaders: z.array(z.int()) }),
  /** With a verdict, or without one: then it failed. */
  z.object({ type: z.literal('ended'), verdict: z.enum(['pass', 'fail', 'inconclusive']).nullable() }),
]);
export type RunEvent = z.infer<typeof eventSchema>;
export type Phase = Extract<RunEvent, { type: 'phase' }>['phase'];

/** `time`: ms since the epoch. */
const timedSchema = z.intersection(z.object({ time: z.number() }), eventSchema);
export type TimedRunEvent = z.infer<typeof timedSchema>;

/** undefined for a line that was cut or damaged: only a picture rests on it. */
export function parseRunEvent(line: string): TimedRunEvent | undefined {
  try {
    return timedSchema.parse(JSON.parse(line));
  } catch {
    return undefined;
  }
}
