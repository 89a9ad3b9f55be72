/** The contract of a user's process with the run and its faults. */
import type { UserVictim } from '../faults/fault.ts';

export interface UserProcess extends UserVictim {
  /** The name in the config. */
  readonly group: string;
  /** From 0, among those of the name. */
  readonly index: number;
  /** Standard output and error. */
  readonly logFile: string;
  /** The last lines of its log. */
  tail(): string;
}
