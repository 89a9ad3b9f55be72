/**
 * `course.jsonl` in a run's folder: one line for each event of the run, for the live page and the report. No verdict
 * depends on it. If it cannot be written, the run says so once and goes on.
 */
import { appendFileSync } from 'node:fs';
import { messageOf } from '../errors.ts';
import type { RunEvent } from './run-events.ts';
import { namingFile } from '../system/write-whole.ts';

export class EventLog {
  readonly #path: string;
  readonly #onTrouble: (problem: string) => void;
  #isLost = false;

  constructor(path: string, onTrouble: (problem: string) => void) {
    this.#path = path;
    this.#onTrouble = onTrouble;
  }

  note(event: RunEvent): void {
    if (this.#isLost) return;
    try {
      const line = `${JSON.stringify({ time: Date.now(), ...event })}\n`;
      namingFile(this.#path, () => appendFileSync(this.#path, line, { mode: 0o600 }));
    } catch (error) {
      this.#isLost = true;
      this.#onTrouble(`The course of the run is not noted: ${messageOf(error)}`);
    }
  }
}
