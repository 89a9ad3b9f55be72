/** What a check left in its folder, once it is known that nothing of it was changed since. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { messageOf } from '../errors.ts';
import { checkSeal, sha256Of } from '../run-folder/seal.ts';
import { regularFile } from '../system/regular-file.ts';
import { checkSchema, recordsFile, type CheckRecord } from './check-record.ts';

export interface CheckEvidence {
  /** undefined if `check.json` is no evidence. */
  record: CheckRecord | undefined;
  /** What is missing, in sentences that name the file. Empty: the check can be judged. */
  problems: string[];
}

/** Reads `check.json` in a folder, and compares it with its seal, and the files of facts with their sums. */
export async function readCheckEvidence(path: string, signal?: AbortSignal): Promise<CheckEvidence> {
  const record = await readCheckRecord(path);
  if (typeof record === 'string') return { record: undefined, problems: [record] };
  const problems: string[] = [];
  for (const [name, sum] of sumsOf(record)) {
    const problem = await sumProblem(join(path, name), sum, signal);
    if (problem !== undefined) problems.push(`${name} ${problem}.`);
  }
  return { record, problems };
}

/** The files that a verdict rests on, and their SHA-256 sums. */
function sumsOf({ records, later, sinks, deadLetters }: CheckRecord): [name: string, sum: string][] {
  const letters = deadLetters?.letters;
  const hops = [
    { file: recordsFile, sums: records.sums },
    later,
    ...sinks.flatMap(({ looks }) => looks),
    ...(letters === undefined ? [] : [letters]),
  ];
  return [
    ...hops.flatMap(({ file, sums }): [string, string][] => [
      [`${file}.facts`, sums.facts],
      [`${file}.ids`, sums.ids],
    ]),
    ...(letters === undefined ? [] : [[`${letters.file}.places`, letters.placesSum] as [string, string]]),
  ];
}

/** The record, or a sentence on why it cannot be used. */
async function readCheckRecord(folder: string): Promise<CheckRecord | string> {
  const path = join(folder, 'check.json');
  try {
    const text = readFileSync(regularFile(path), 'utf8');
    const seal = await checkSeal(path);
    if (seal === 'none') return 'check.json has no seal: the check was killed, or the seal was removed.';
    if (seal === 'broken') return 'check.json was changed after it was sealed.';
    return checkSchema.parse(JSON.parse(text));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return 'check.json is missing.';
    return `check.json cannot be read: ${messageOf(error)}.`;
  }
}

async function sumProblem(
  path: string,
  sum: string,
  signal: AbortSignal | undefined,
): Promise<string | undefined> {
  try {
    return (await sha256Of(path, signal)) === sum
      ? undefined
      : 'was changed: its SHA-256 sum is not the one in check.json';
  } catch (error) {
    signal?.throwIfAborted();
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return 'is missing';
    return `cannot be read: ${messageOf(error)}`;
  }
}
