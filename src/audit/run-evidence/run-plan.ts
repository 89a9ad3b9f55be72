/**
 * The number of messages in a run's plan, and the session of the producer that had to send each. If the run was limited
 * by time, the number was not known before. Then it comes from the intents in each producer's ledgers, if the last one
 * was closed and sealed, and neither from the log nor from the store.
 */
import { basename } from 'node:path';
import { messageOf } from '../../errors.ts';
import type { Evidence } from '../evidence.ts';
import { readIntended } from '../../run-folder/ledger/ledger-reader.ts';
import { ledgersOf } from '../../run-folder/ledger/ledgers.ts';
import type { Manifest, RunFolder } from '../../run-folder/run-folder.ts';
import { checkSeal } from '../../run-folder/seal.ts';
import { producerName } from '../../workload/workload.ts';

/** By producer: the sequence with which each session began. A producer that is absent had only one session. */
export type SessionStarts = Readonly<Record<string, readonly number[]>>;

export interface RunPlan {
  /** The manifest with the real number of messages of each producer, as far as it is known. */
  manifest: Manifest;
  plan: Evidence['plan'];
  sessionStarts: SessionStarts;
}

export async function planOf(folder: RunFolder, manifest: Manifest): Promise<RunPlan> {
  const ledgers = ledgerPaths(folder, manifest);
  const sessionStarts = sessionStartsOf(ledgers);
  if (manifest.durationMs === undefined) return { manifest, plan: { whole: true }, sessionStarts };
  const producers: Record<string, number> = {};
  const problems: string[] = [];
  for (const [producer, paths] of ledgers) {
    const { count, problem } = await readCount(producer, paths, manifest.producers[producer]!);
    producers[producer] = count;
    if (problem !== undefined) problems.push(problem);
  }
  const counted = { ...manifest, producers };
  if (problems.length === 0) return { manifest: counted, plan: { whole: true }, sessionStarts };
  const problem = `how many messages there were is not known: ${problems.join('; ')}`;
  return { manifest: counted, plan: { whole: false, problem }, sessionStarts };
}

/** The paths of each planned producer's ledgers, by session. */
function ledgerPaths(folder: RunFolder, manifest: Manifest): Map<string, string[]> {
  const ledgers = new Map(Object.keys(manifest.producers).map((name) => [name, [] as string[]]));
  for (const { path, producer, session } of ledgersOf(folder)) {
    const paths = ledgers.get(producerName(producer));
    if (paths !== undefined) paths[session] = path;
  }
  return ledgers;
}

function sessionStartsOf(ledgers: ReadonlyMap<string, readonly string[]>): SessionStarts {
  const starts: Record<string, number[]> = {};
  for (const [producer, paths] of ledgers) {
    if (paths.length > 1) starts[producer] = paths.map(startOf);
  }
  return starts;
}

/** The first session begins with the first message; a session without intents sent nothing. */
function startOf(path: string | undefined, session: number): number {
  if (session === 0 || path === undefined) return session === 0 ? 0 : Infinity;
  try {
    return readIntended(path).first;
  } catch {
    // The ledger hop reports the problem.
    return Infinity;
  }
}

/** How many messages a producer intended, and a sentence if that may not be all. */
async function readCount(
  producer: string,
  paths: readonly (string | undefined)[],
  countMax: number,
): Promise<{ count: number; problem?: string }> {
  let count = 0;
  let problem: string | undefined = `there is no ledger of ${producer}`;
  for (const path of paths) {
    if (path === undefined) return { count, problem: `an earlier ledger of ${producer} is missing` };
    const of = (what: string): string => `${basename(path)} ${what}`;
    try {
      const { next, closed, torn, damage } = readIntended(path);
      count = Math.max(count, Math.min(next, countMax));
      const seal = await checkSeal(path);
      if (seal === 'broken') return { count, problem: of('was changed after it was sealed') };
      if (next > countMax) return { count, problem: of(`intends more than ${countMax} messages`) };
      // An earlier session may be unsealed: the next session has taken its intents into account when it began.
      if (seal === 'none') problem = of('was not sealed: its producer was killed');
      else if (torn || damage !== undefined) return { count, problem: of(damage ?? 'is cut short') };
      else if (closed === undefined) problem = of('was not closed');
      else problem = closed === 'finished' ? undefined : of('was closed before the time was over');
    } catch (error) {
      return { count, problem: of(`cannot be read: ${messageOf(error)}`) };
    }
  }
  return problem === undefined ? { count } : { count, problem };
}
