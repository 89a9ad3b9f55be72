import { usageError } from '../errors.ts';
import { claimFolder, removeRecord } from '../system/process-record.ts';
import { removeEmptyFolder } from '../system/removal.ts';
import { openStore } from '../stores/engines.ts';
import type { RunSpec } from './run-spec.ts';

/**
 * Claims the folder for this run. Throws `usage` and `unavailable`; a store that consumers could not use is reported
 * before anything is started, and leaves nothing behind.
 */
export async function claimRun({ folder, store, categories, tables }: RunSpec): Promise<void> {
  const isNew = folder.create();
  const owner = await claimFolder(folder.path, 'nodrop');
  if (owner !== undefined) {
    throw usageError(`Run ${folder.id} is under way in process ${owner}.`, 'Choose another id with --run.');
  }
  try {
    await (await openStore(store, { categories, tables })).close();
  } catch (error) {
    await removeRecord(folder.path);
    if (isNew) removeEmptyFolder(folder.path);
    throw error;
  }
}
