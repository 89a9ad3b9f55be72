/** Faults of the store: another session holds its lock, its disk is full, or the answer to a commit is lost. */
import { execFile } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { isAlive } from '../../system/process-state.ts';
import type { Fault, Pipeline, PipelinePlan, Underway } from '../fault.ts';
import { firstAtPoint } from './first-at-point.ts';
import { needsStoreServer, onLink } from './network.ts';
import { cut } from '../proxy/toxics.ts';
import { counted } from '../../text/counted.ts';

const lastsMs = 3_000;
const settleMs = 200;

/** A period in which nothing must be stored. It has no effect if there was nothing to store. */
async function standstill(
  pipeline: Pipeline,
  target: string,
  how: string,
  undo: () => Promise<void>,
): Promise<Underway> {
  // A write that was under way when the fault began may have gone through.
  await sleep(settleMs);
  const before = await pipeline.positions().catch(async (error: unknown) => {
    await undo();
    throw error;
  });
  return {
    target,
    end: async (isMended) => {
      try {
        const after = await pipeline.positions();
        const waiting = sumOf(await pipeline.ends(), (end, partition) => end - (after.get(partition) ?? 0));
        const moved = sumOf(after, (next, partition) => next - (before.get(partition) ?? 0));
        const still =
          moved === 0 ? 'the offsets did not move meanwhile' : `the offsets moved by ${moved} all the same`;
        const waited = `${waiting === 0 ? 'no records' : counted(waiting, 'record')} waited to be stored`;
        return { tookEffect: moved === 0 && waiting > 0, evidence: [how, still, waited] };
      } finally {
        if (isMended) await undo();
      }
    },
  };
}

const sumOf = (
  offsets: ReadonlyMap<number, number>,
  termOf: (offset: number, partition: number) => number,
): number => [...offsets].reduce((sum, [partition, offset]) => sum + termOf(offset, partition), 0);

export const lockStore: Fault = {
  name: 'lock-store',
  does: 'holds the lock that writes need',
  expected: 'the consumer waits, and offsets do not move',
  example: 'lock-store@4s+3s',
  lastsMs,
  ownPart: { part: 'store', instead: 'cut' },
  holdsDrain: () => true,
  problem: () => undefined,
  begin: async (pipeline) => {
    const unlock = await pipeline.lockStore();
    return await standstill(pipeline, 'the store', 'it was locked', unlock);
  },
};

/** A process that writes beyond this size gets the error of a full disk. Earlier writes stay. */
const fileBytesMax = 64 * 1024;

async function limitFiles(pids: readonly number[], soft: string): Promise<void> {
  const limiting = pids.map((pid) =>
    promisify(execFile)('prlimit', ['--pid', String(pid), `--fsize=${soft}:unlimited`]),
  );
  // A consumer that has exited meanwhile must not prevent the release of the others.
  for (const outcome of await Promise.allSettled(limiting)) {
    if (outcome.status === 'rejected') throw new Error(saidBy(outcome.reason));
  }
}

const saidBy = (failed: Error & { stderr?: string }): string => failed.stderr?.trim() || failed.message;

export const fillDisk: Fault = {
  name: 'fill-disk',
  does: "stops the consumers' files from growing, as a full disk does",
  expected: 'the consumer waits, and offsets do not move',
  example: 'fill-disk@4s+3s',
  lastsMs,
  ownPart: { part: 'store', instead: 'cut' },
  holdsDrain: () => true,
  problem: ({ store }: PipelinePlan) => {
    if (store?.files === undefined) return 'it acts on SQLite stores only';
    return process.platform === 'linux'
      ? undefined
      : 'it needs Linux, which can limit the files of a process';
  },
  begin: async (pipeline) => {
    const pids = pipeline.consumers.flatMap(({ pid }) => pid ?? []);
    if (pids.length === 0) throw new Error('no consumer was at work');
    const release = (): Promise<void> => limitFiles(pids.filter(isAlive), 'unlimited');
    try {
      await limitFiles(pids, String(fileBytesMax));
    } catch (error) {
      // If there are several consumers, one may be limited already.
      await release();
      throw error;
    }
    const how = `files of process ${pids.join(', ')} could not grow beyond ${fileBytesMax} bytes`;
    return await standstill(pipeline, 'the consumers', how, release);
  },
};

export const cutCommit: Fault = {
  name: 'cut-commit',
  does: 'passes a commit on to the database, and withholds the answer from the consumer',
  expected: 'the consumer checks whether the commit took place; rows and offsets move together',
  example: 'cut-commit@4s+2s',
  link: 'store',
  ownPart: { part: 'store', instead: 'cut' },
  stopsAtPoint: 'consumer',
  lastsMs,
  problem: ({ store }: PipelinePlan) => needsStoreServer(store),
  begin: async (pipeline, _, signal) => {
    const victim = await firstAtPoint(pipeline.consumers, 'before-store-commit', signal);
    const answers = onLink(pipeline.links.get('store')!, ['down'], cut);
    victim.goOn();
    return answers;
  },
};
