/** Reads results that this version or an earlier one has printed or written. */
import { readFileSync } from 'node:fs';
import { regularFile } from '../system/regular-file.ts';
import type { Result } from './result.ts';

/** Earlier versions wrote no `faults`, `thresholds` or `allowed`. */
export type AnyResult = Pick<Result, 'verdict' | 'timings' | 'environment'> & Partial<Result>;

/** The result in a run's stdout; undefined if the run ended before it had a result. */
export function resultIn(stdout: string): Result | undefined {
  try {
    return JSON.parse(stdout) as Result;
  } catch {
    return undefined;
  }
}

/** The result in a file; undefined if there is none, or if it cannot be read: nodrop may be writing it. */
export function readResult(path: string): AnyResult | undefined {
  try {
    return JSON.parse(readFileSync(regularFile(path), 'utf8')) as AnyResult;
  } catch {
    return undefined;
  }
}
