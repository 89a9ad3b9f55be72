/**
 * `course.jsonl` in a run's folder: what happens to the run, a line each time, for those who watch it and for its
 * report. No verdict rests on it: where it cannot be written, that is said once and the run goes on.
 */
import { appendFileSync } from 'node:fs';
import { z } from 'zod';
import { messageOf } from './errors.ts';
import { faultSchema } from './result-schema.ts';

const eventSchema = z.discriminatedUnion('type', [
  z.object({
    type: z.literal('phase'),
    phase: z.enum(['starting', 'publishing', 'draining', 'auditing']),
  }),
  /** It has begun, or is over: then its record is whole. `index`: its place in the schedule. */
  z.object({ type: z.literal('fault'), index: z.int(), fault: faultSchema }),
  /** Who leads each partition, by index; −1 for nobody. */
  z.object({ type: z.literal('leaders'), leaders: z.array(z.int()) }),
  /** With a verdict, or without one: then it failed. */
  z.object({ type: z.literal('ended'), verdict: z.enum(['pass', 'fail', 'inconclusive']).nullable() }),
]);
export type CourseEvent = z.infer<typeof eventSchema>;
export type Phase = Extract<CourseEvent, { type: 'phase' }>['phase'];

/** `time`: ms since the epoch. */
const timedSchema = z.intersection(z.object({ time: z.number() }), eventSchema);
export type TimedCourseEvent = z.infer<typeof timedSchema>;

export class CourseLog {
  readonly #path: string;
  readonly #onTrouble: (problem: string) => void;
  #isLost = false;

  constructor(path: string, onTrouble: (problem: string) => void) {
    this.#path = path;
    this.#onTrouble = onTrouble;
  }

  note(event: CourseEvent): void {
    if (this.#isLost) return;
    try {
      appendFileSync(this.#path, `${JSON.stringify({ time: Date.now(), ...event })}\n`, { mode: 0o600 });
    } catch (error) {
      this.#isLost = true;
      this.#onTrouble(`The course of the run is not noted: ${messageOf(error)}`);
    }
  }
}

/** undefined for a line that was cut or damaged: only a picture rests on it. */
export function parseCourseLine(line: string): TimedCourseEvent | undefined {
  try {
    return timedSchema.parse(JSON.parse(line));
  } catch {
    return undefined;
  }
}
