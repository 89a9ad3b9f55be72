/** Results that were printed or written: by this version, or by an earlier one. */
import { readFileSync } from 'node:fs';
import { regularFile } from '../system/regular-file.ts';
import type { Result } from './result.ts';

/** Earlier versions wrote neither faults nor thresholds nor what is allowed. */
export type AnyResult = Pick<Result, 'verdict' | 'timings' | 'environment'> & Partial<Result>;

/** The result in what a run printed; undefined where it ended before it had one. */
export function resultIn(stdout: string): Result | undefined {
  try {
    return JSON.parse(stdout) as Result;
  } catch {
    return undefined;
  }
}

/** The result in a file; undefined where there is none, or none that can be read: one may be being written. */
export function readResult(path: string): AnyResult | undefined {
  try {
    return JSON.parse(readFileSync(regularFile(path), 'utf8')) as AnyResult;
  } catch {
    return undefined;
  }
}
