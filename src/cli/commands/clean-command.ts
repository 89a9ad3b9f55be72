/** Removes runs that are no longer needed and ends processes that crashed runs left: only those that nodrop started. */
import { existsSync, lstatSync, readlinkSync } from 'node:fs';
import { createInterface } from 'node:readline/promises';
import { isAtWork } from '../../run-folder/at-work.ts';
import { isOfPipeline, pipelineRecordIn } from '../../run-folder/check-folder.ts';
import { counted } from '../../text/counted.ts';
import { exitCodes, usageError } from '../../errors.ts';
import { listRuns } from '../../run-folder/find-run.ts';
import { ledgerFilePattern } from '../../run-folder/ledger/ledger-format.ts';
import { readResult } from '../../result/read-result.ts';
import { leftText } from '../../system/removal.ts';
import { leftoversOf, removeRun } from '../../run-folder/remove-run.ts';
import { isMadeByNodrop } from '../../run-folder/run-files.ts';
import { runsPath, type RunFolder } from '../../run-folder/run-folder.ts';
import { hasSeal } from '../../run-folder/seal.ts';
import { shellWord } from '../../system/shell-word.ts';
import type { Verdict } from '../../result/verdict.ts';
import type { Context } from './context.ts';
import type { OptionValues } from '../options/options.ts';

/** `unjudged`: driven by hand, or killed before its verdict, and not verified yet. `crashed`: the run never reached its end. */
type Standing = Verdict | 'unjudged' | 'crashed' | 'at work';

interface Found {
  folder: RunFolder;
  standing: Standing;
  /** Brokers, and a ZooKeeper, that outlived their run. */
  leftovers: number[];
}

export async function cleanCommand(values: OptionValues, { signal, terminal }: Context): Promise<number> {
  const folders = listRuns(values.dir);
  const runs = runsPath(values.dir);
  if (lstatSync(runs, { throwIfNoEntry: false })?.isSymbolicLink() === true) {
    const target = readlinkSync(runs);
    const why = `it is a link to ${target}, and nodrop follows no links`;
    terminal.note(leftText(`Folder ${runs}`, why, `rm -r ${shellWord(target)}`));
    return exitCodes.pass;
  }
  const examined = await Promise.all(folders.map(examine));
  const found = examined.filter((one) => one !== undefined);
  const removable: Standing[] =
    values.all === true ? ['pass', 'fail', 'inconclusive', 'unjudged', 'crashed'] : ['pass', 'crashed'];
  const chosen = found.filter(({ standing }) => removable.includes(standing));
  for (const { folder, standing, leftovers } of chosen) {
    const also = leftovers.map((pid) => `, and process ${pid}, which the run left`).join('');
    terminal.print(`${standing.padEnd(12)} ${folder.path}${also}`);
  }
  const kept = found.length - chosen.length;
  if (chosen.length === 0) {
    terminal.print(
      `Nothing to remove${kept > 0 ? `; ${counted(kept, 'run')} ${kept === 1 ? 'is' : 'are'} kept (--all removes them too)` : ''}.`,
    );
    return exitCodes.pass;
  }
  if (values.yes !== true && !(await isConfirmed(chosen.length, signal))) {
    terminal.print('Nothing was removed.');
    return exitCodes.pass;
  }
  const left: string[] = [];
  for (const { folder } of chosen) {
    const problem = await removeRun(folder);
    if (problem !== undefined) left.push(problem);
  }
  terminal.print(`${chosen.length - left.length} removed.`);
  for (const line of left) terminal.note(line);
  return exitCodes.pass;
}

/** undefined if nodrop did not make the folder, or if another process has removed it meanwhile. */
async function examine(folder: RunFolder): Promise<Found | undefined> {
  try {
    if (!isMadeByNodrop(folder)) return undefined;
    const leftovers = await leftoversOf(folder);
    if (await isAtWork(folder)) return { folder, standing: 'at work', leftovers: [] };
    return { folder, standing: standingOf(folder), leftovers };
  } catch (error) {
    if (!existsSync(folder.path)) return undefined;
    throw error;
  }
}

function standingOf(folder: RunFolder): Standing {
  const verdict = readResult(folder.result)?.verdict;
  if (verdict !== undefined) return verdict;
  // Without the record of what it handed over, no verdict can come any more.
  if (isOfPipeline(folder)) return hasSeal(pipelineRecordIn(folder)) ? 'unjudged' : 'crashed';
  const ledgers = folder.list(ledgerFilePattern).map((name) => folder.file(name));
  const open = ledgers.filter((path) => !hasSeal(path));
  return folder.isUsed() && ledgers.length > 0 && open.length === 0 ? 'unjudged' : 'crashed';
}

async function isConfirmed(count: number, signal: AbortSignal): Promise<boolean> {
  if (!process.stdin.isTTY) {
    throw usageError(
      'Cannot ask for confirmation: stdin is not a terminal.',
      'Pass --yes to remove the runs listed above.',
    );
  }
  const prompt = createInterface({ input: process.stdin, output: process.stderr });
  try {
    return /^y(es)?$/i.test(await prompt.question(`Remove ${count}? [y/N] `, { signal }));
  } finally {
    prompt.close();
  }
}
