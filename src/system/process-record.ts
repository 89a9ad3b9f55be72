/**
 * `process.json` in a broker's folder records which process runs there, so that `clean` can end a process that a crash
 * left behind. A process counts as ours if its id, its start time and its command all agree: the system reuses ids.
 */
import { link, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { unavailableError } from '../errors.ts';
import { Deadline } from './deadline.ts';
import { describeProcess } from './process-state.ts';
import { regularFile } from './regular-file.ts';
import { writeWhole } from './write-whole.ts';

const recordFile = (dir: string) => join(dir, 'process.json');
const endTimeoutMs = 5_000;
const pollMs = 20;

interface ProcessRecord {
  pid: number;
  /** In the system's form: clock ticks since the boot on Linux, a date on macOS. */
  startedAt: string;
  /** Part of its command line. */
  marker: string;
}

export const recordProcess = (dir: string, pid: number, marker: string): Promise<void> =>
  writeRecord(recordFile(dir), pid, marker);

async function writeRecord(path: string, pid: number, marker: string): Promise<void> {
  const startedAt = (await describeProcess(pid))?.startedAt;
  if (startedAt === undefined) return;
  const record: ProcessRecord = { pid, startedAt, marker };
  writeWhole(path, `${JSON.stringify(record)}\n`);
}

/** Claims a folder for this process. Returns the process that has claimed the folder already, if it still runs. */
export async function claimFolder(dir: string, marker: string): Promise<number | undefined> {
  const draft = `${recordFile(dir)}.${process.pid}`;
  await writeRecord(draft, process.pid, marker);
  try {
    for (;;) {
      try {
        // Unlike a file that is created and then written, a link appears with its whole content.
        await link(draft, recordFile(dir));
        return undefined;
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
      }
      const owner = await leftoverProcess(dir);
      if (owner !== undefined) return owner;
      await removeRecord(dir);
    }
  } finally {
    await rm(draft, { force: true });
  }
}

export const removeRecord = (dir: string): Promise<void> => rm(recordFile(dir), { force: true });

/** The id of the process that runs in `dir`; undefined if none does. */
export async function leftoverProcess(dir: string): Promise<number | undefined> {
  let record: Partial<ProcessRecord> | null;
  try {
    record = JSON.parse(await readFile(regularFile(recordFile(dir)), 'utf8'));
  } catch (error) {
    // There is no record, a crash cut it short, or the user has something else of that name.
    if (error instanceof SyntaxError || ['ENOENT', 'ENOTSUP', 'ELOOP'].includes(codeOf(error)))
      return undefined;
    throw error;
  }
  if (typeof record?.pid !== 'number' || typeof record.marker !== 'string') return undefined;
  const found = await describeProcess(record.pid);
  const isOurs = found?.startedAt === record.startedAt && found?.command.includes(record.marker) === true;
  return isOurs ? record.pid : undefined;
}

const codeOf = (error: unknown): string => (error as NodeJS.ErrnoException).code ?? '';

/** Kills the process that runs in `dir`, and waits until it is gone. Returns false if there was none. */
export async function endLeftover(dir: string): Promise<boolean> {
  const pid = await leftoverProcess(dir);
  if (pid !== undefined) {
    process.kill(pid, 'SIGKILL');
    if (!(await leftoverGone(dir, endTimeoutMs))) {
      throw unavailableError(`Process ${pid}, which runs in ${dir}, does not end.`);
    }
  }
  await removeRecord(dir);
  return pid !== undefined;
}

export async function leftoverGone(dir: string, timeoutMs: number): Promise<boolean> {
  const isGone = async (): Promise<boolean> => (await leftoverProcess(dir)) === undefined;
  return (await new Deadline(timeoutMs).poll(isGone, pollMs)) === true;
}
