/**
 * Operational errors: failures that are neither a finding (data) nor a bug (a crash). Each error has a code
 * from a closed list, says what failed, where, and what to do, and determines the exit code.
 */

import type { z } from 'zod';

export const exitCodes = {
  pass: 0,
  fail: 1,
  inconclusive: 2,
  thresholdMissed: 3,
  usage: 64,
  unavailable: 69,
  bug: 70,
  interrupted: 130,
  terminated: 143,
} as const;

/**
 * `usage`: an option, a value, the configuration or the run is wrong. `unavailable`: something that nodrop needs is not
 * available. `interrupted`: the user stopped nodrop.
 */
export type ErrorCode = 'usage' | 'unavailable' | 'interrupted';

export class OperationalError extends Error {
  override readonly name = 'OperationalError';
  readonly code: ErrorCode;
  /** How to solve the problem: commands or settings, one per line. */
  readonly hint: string | undefined;

  constructor(code: ErrorCode, message: string, options: { hint?: string; cause?: unknown } = {}) {
    super(message, { cause: options.cause });
    this.code = code;
    this.hint = options.hint;
  }

  get exitCode(): number {
    return exitCodes[this.code];
  }
}

export const usageError = (message: string, hint?: string): OperationalError =>
  new OperationalError('usage', message, hint === undefined ? {} : { hint });

export const unavailableError = (
  message: string,
  options: { hint?: string; cause?: unknown } = {},
): OperationalError => new OperationalError('unavailable', message, options);

/** Whether the operating system refused an operation: a folder in place of a file, a full disk, too many open files. */
export const isSystemError = (error: unknown): error is NodeJS.ErrnoException =>
  error instanceof Error && 'syscall' in error && 'code' in error;

/** The message of any thrown value, in one line. */
export function messageOf(error: unknown): string {
  const [issue] = issuesOf(error);
  if (issue !== undefined) return [issue.path.join('.'), issue.message].filter(Boolean).join(': ');
  return (error instanceof Error ? error.message : String(error)).split('\n', 1)[0] ?? '';
}

/** The problems that zod found in a document. They are in a list; zod's message is that list as JSON. */
const issuesOf = (error: unknown): readonly { path: readonly PropertyKey[]; message: string }[] =>
  error instanceof Error && error.name === 'ZodError' ? (error as z.ZodError).issues : [];
