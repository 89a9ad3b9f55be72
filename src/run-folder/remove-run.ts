/**
 * Removes a run's folder, if nodrop made it and no process works on it, and in it only the files that nodrop made. The
 * proof is the manifest of a run of that name, or a file that a process of the run writes when it begins. `clean`
 * claims the folder in the way a run does, so only one of two processes gets it.
 */
import { lstatSync, readdirSync, rmSync } from 'node:fs';
import { basename, join } from 'node:path';
import { hasStagesAtWork } from './at-work.ts';
import { messageOf } from '../errors.ts';
import { isAlive } from '../system/process-state.ts';
import { foldersIn } from '../kafka/broker/broker-folders.ts';
import { Deadline } from '../system/deadline.ts';
import { claimFolder, endLeftover, leftoverProcess, removeRecord } from '../system/process-record.ts';
import { emptyOwn, folderLeftText, leftText, removeEmptyFolder } from '../system/removal.ts';
import { isMadeByNodrop, runFiles } from './run-files.ts';
import type { RunFolder } from './run-folder.ts';
import { shellWord } from '../system/shell-word.ts';
import { defaultEngine } from '../stores/engines.ts';

/** The record of the process that works on the folder. Its drafts, and the drafts of those, end in a pid. */
const recordPattern = /^process\.json(?:\.(\d+)){0,2}$/;
const draftMsMax = 1_000;
const pollMs = 20;

/** Also ends the processes that the run left behind. Returns a sentence if files remain; otherwise undefined. */
export async function removeRun(folder: RunFolder): Promise<string | undefined> {
  try {
    return await removeClaimed(folder);
  } catch (error) {
    // If another process removes the folder at the same time, it can vanish at any point.
    if (!isFolder(folder.path)) return undefined;
    return leftBecause(folder, messageOf(error));
  }
}

async function removeClaimed(folder: RunFolder): Promise<string | undefined> {
  // The folder was created but never used.
  if (removeEmptyFolder(folder.path)) return undefined;
  if (!isMadeByNodrop(folder)) return leftBecause(folder, 'nothing in it shows that nodrop made it');
  const { pathOf, whyShared } = defaultEngine.files;
  const shared = await whyShared(folder.store, folder.id);
  if (shared !== undefined)
    return leftBecause(folder, `its ${basename(pathOf(folder.store))} is not its own alone: ${shared}`);
  // A process that runs the run, or removes it, has claimed the folder in the same way.
  const owner = await claimFolder(folder.path, 'nodrop');
  if (owner !== undefined) return leftBecause(folder, `process ${owner} works on it`);
  if (hasStagesAtWork(folder)) {
    await removeRecord(folder.path);
    return leftBecause(folder, 'a producer or a consumer works on it');
  }
  for (const dir of brokerFolders(folder)) await endLeftover(dir);
  const left = emptyOwn(folder.path, runFiles).filter((name) => !recordPattern.test(name));
  await removeRecord(folder.path);
  if (left.length > 0) return folderLeftText(folder.path, left);
  if (await removeOnceEmpty(folder.path)) return undefined;
  return leftBecause(folder, 'another process has put something into it');
}

/** Another process that tries to claim the folder leaves a draft of its record in it for a moment. */
async function removeOnceEmpty(path: string): Promise<boolean> {
  const look = (): 'removed' | 'in use' | undefined => {
    if (removeEmptyFolder(path)) return 'removed';
    const drafts = readdirSync(path).map((name) => ({ name, writer: Number(recordPattern.exec(name)?.[1]) }));
    // Any other file belongs to another process, and so does a record that was made since.
    if (drafts.some(({ writer }) => Number.isNaN(writer))) return 'in use';
    for (const { name, writer } of drafts) {
      if (!isAlive(writer)) rmSync(join(path, name), { force: true });
    }
    return undefined;
  };
  return (await new Deadline(draftMsMax).poll(look, pollMs)) === 'removed';
}

/** The processes that outlived their run: brokers, and a ZooKeeper. */
export async function leftoversOf(folder: RunFolder): Promise<number[]> {
  const pids = await Promise.all(brokerFolders(folder).map(leftoverProcess));
  return pids.filter((pid) => pid !== undefined);
}

/** A link may lead to the brokers of another run. */
const brokerFolders = ({ broker }: RunFolder): string[] =>
  isFolder(broker) ? foldersIn(broker).filter(isFolder) : [];

const isFolder = (path: string): boolean =>
  lstatSync(path, { throwIfNoEntry: false })?.isDirectory() === true;

const leftBecause = ({ path }: RunFolder, why: string): string =>
  leftText(`Folder ${path}`, why, `rm -r ${shellWord(path)}`);
