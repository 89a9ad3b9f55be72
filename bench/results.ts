/** The results of the bench as JSON, one file per part. The page is written from these files. */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Machine } from './machine.ts';
import type { Measured } from './part.ts';
import type { Plan } from './plan.ts';

export interface PartResult extends Measured {
  name: string;
  date: string;
  commit: string;
  mode: Plan['mode'];
  machine: Machine;
  seconds: number;
  /** Why there are no tables. */
  failure?: string;
}

const folder = join(import.meta.dirname, 'results');

/** Results of trials have their own file names, and are never read. */
export function writeResult(result: PartResult): void {
  mkdirSync(folder, { recursive: true });
  const kind = result.mode === 'trial' ? 'trial' : 'part';
  writeFileSync(join(folder, `${kind}-${result.name}.json`), `${JSON.stringify(result, null, 2)}\n`);
}

/** undefined if the part has not been measured. */
export function readResult(name: string): PartResult | undefined {
  try {
    return JSON.parse(readFileSync(join(folder, `part-${name}.json`), 'utf8')) as PartResult;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}
