/** Removes runs that are done with, and ends what crashed ones left running: only what nodrop started. */
import { readFileSync, rmSync } from 'node:fs';
import { createInterface } from 'node:readline/promises';
import { isAtWork } from '../at-work.ts';
import { exitCodes, usageError } from '../errors.ts';
import { foldersIn } from '../kafka/broker-folders.ts';
import { endLeftover, leftoverProcess } from '../kafka/process-record.ts';
import { ledgerFilePattern } from '../ledger/ledger-format.ts';
import type { Result } from '../result.ts';
import { listRuns, type RunFolder } from '../run-folder.ts';
import { hasSeal } from '../seal.ts';
import type { Verdict } from '../verdict.ts';
import type { Context } from './context.ts';
import type { SharedValues } from './options.ts';
import { counted } from '../counted.ts';

/** `unjudged`: done by hand and not verified yet. `crashed`: it never came to its end. */
type Standing = Verdict | 'unjudged' | 'crashed' | 'at work';

interface Found {
  folder: RunFolder;
  standing: Standing;
  /** Brokers, and a ZooKeeper, that outlived their run. */
  leftovers: number[];
}

export async function cleanCommand(
  values: SharedValues & { all?: boolean; yes?: boolean },
  { signal, terminal }: Context,
): Promise<number> {
  const found = await Promise.all(listRuns(values.dir).map(examine));
  const removable: Standing[] =
    values.all === true ? ['pass', 'fail', 'inconclusive', 'unjudged', 'crashed'] : ['pass', 'crashed'];
  const chosen = found.filter(({ standing }) => removable.includes(standing));
  for (const { folder, standing, leftovers } of chosen) {
    const also = leftovers.map((pid) => `, and process ${pid}, which it left`).join('');
    terminal.print(`${standing.padEnd(12)} ${folder.path}${also}`);
  }
  const kept = found.length - chosen.length;
  if (chosen.length === 0) {
    terminal.print(
      `Nothing to remove${kept > 0 ? `; ${counted(kept, 'run')} ${kept === 1 ? 'is' : 'are'} kept (--all takes failed ones too)` : ''}.`,
    );
    return exitCodes.pass;
  }
  if (values.yes !== true && !(await isConfirmed(chosen.length, signal))) {
    terminal.print('Nothing was removed.');
    return exitCodes.pass;
  }
  for (const { folder } of chosen) {
    for (const dir of foldersIn(folder.broker)) await endLeftover(dir);
    rmSync(folder.path, { recursive: true, force: true });
  }
  terminal.print(`${chosen.length} removed.`);
  return exitCodes.pass;
}

async function examine(folder: RunFolder): Promise<Found> {
  const brokers = await Promise.all(foldersIn(folder.broker).map(leftoverProcess));
  if (await isAtWork(folder)) return { folder, standing: 'at work', leftovers: [] };
  return { folder, standing: standingOf(folder), leftovers: brokers.filter((pid) => pid !== undefined) };
}

function standingOf(folder: RunFolder): Standing {
  const verdict = verdictOf(folder);
  if (verdict !== undefined) return verdict;
  const ledgers = folder.list(ledgerFilePattern).map((name) => folder.file(name));
  const open = ledgers.filter((path) => !hasSeal(path));
  return folder.isUsed() && ledgers.length > 0 && open.length === 0 ? 'unjudged' : 'crashed';
}

function verdictOf(folder: RunFolder): Verdict | undefined {
  try {
    return (JSON.parse(readFileSync(folder.result, 'utf8')) as Result).verdict;
  } catch {
    // There is none, or a crash cut it short: then the run was not judged.
    return undefined;
  }
}

async function isConfirmed(count: number, signal: AbortSignal): Promise<boolean> {
  if (!process.stdin.isTTY) {
    throw usageError('There is no terminal to ask at.', 'Say --yes to remove what is listed.');
  }
  const prompt = createInterface({ input: process.stdin, output: process.stderr });
  try {
    return /^y(es)?$/i.test(await prompt.question(`Remove ${count}? [y/N] `, { signal }));
  } finally {
    prompt.close();
  }
}
