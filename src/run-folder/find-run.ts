/** Finds the runs of a folder, and the run that the user names. */
import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { OperationalError, messageOf, usageError } from '../errors.ts';
import { pipelineRecordIn } from './check-folder.ts';
import { RunFolder, runIdPattern, runsPath } from './run-folder.ts';

/**
 * The runs of a folder, including symbolic links to runs elsewhere; the latest last. The time of a run is that of its
 * manifest, of a check that of `check.json`, and of a run of a user's pipeline that of `pipeline.json`; without any of them,
 * it is that of the folder.
 */
export function listRuns(dir: string): RunFolder[] {
  let names: string[];
  try {
    names = readdirSync(runsPath(dir), { withFileTypes: true })
      .filter((entry) => runIdPattern.test(entry.name) && isFolder(join(entry.parentPath, entry.name)))
      .map((entry) => entry.name);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw new OperationalError(
      'unavailable',
      `The runs in ${runsPath(dir)} cannot be read: ${messageOf(error)}`,
    );
  }
  return names
    .map((name) => new RunFolder(dir, name))
    .map((folder) => ({ folder, time: bornAt(folder) }))
    .sort((a, b) => a.time - b.time || (a.folder.id < b.folder.id ? -1 : 1))
    .map(({ folder }) => folder);
}

/** Follows symbolic links. */
function isFolder(path: string): boolean {
  try {
    return statSync(path).isDirectory();
  } catch {
    // The link is dangling or circular.
    return false;
  }
}

/** The run of that id, or the latest. */
export function findRun(dir: string, id: string | undefined): RunFolder {
  const runs = listRuns(dir);
  const found = id === undefined ? runs.at(-1) : runs.find((run) => run.id === id);
  if (found !== undefined) return found;
  const known = runs.slice(-5).map((run) => run.id);
  throw usageError(
    id === undefined ? `There is no run in ${runsPath(dir)}.` : `There is no run ${id} in ${runsPath(dir)}.`,
    known.length > 0 ? `The latest runs there: ${known.join(', ')}.` : 'Make one with: nodrop run',
  );
}

function bornAt(folder: RunFolder): number {
  // The folder is gone if another process has just removed it.
  const places = [folder.manifest, folder.check, pipelineRecordIn(folder), folder.path];
  return places.map((path) => statSync(path, { throwIfNoEntry: false })).find(Boolean)?.mtimeMs ?? 0;
}
