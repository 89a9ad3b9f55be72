/** The contract of a user's process with the run and its faults. */
import type { Victim } from '../faults/fault.ts';

export interface UserProcess extends Victim {
  /** The name in the config. */
  readonly group: string;
  /** From 0, among those of the name. */
  readonly index: number;
  /** Standard output and error. */
  readonly logFile: string;
  /** Settles when the process tells this point on standard output for the next time. */
  untilAt(point: string, signal: AbortSignal): Promise<void>;
  /** Ends it in order, then by SIGKILL. Settles when all that it started is gone. */
  stop(): Promise<void>;
  /** The last lines of its log. */
  tail(): string;
}
