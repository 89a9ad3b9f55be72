/** The live page beside a command: while it works, and with `--keep-open` until Ctrl-C. */
import { once } from 'node:events';
import { usageError } from '../../errors.ts';
import { startLivePage, type LivePage } from '../../page/start-page.ts';
import type { RunFolder } from '../../run-folder/run-folder.ts';
import type { Context } from '../commands/context.ts';

export interface LivePageValues {
  dir: string;
  /** A port; true for a free one. */
  ui?: number | true;
  keepOpen?: boolean;
}

/** Returns what `work` does, whose errors close the page too. */
export async function besideLivePage(
  { dir, ui, keepOpen }: LivePageValues,
  folder: RunFolder,
  { signal, terminal }: Context,
  work: () => Promise<number>,
): Promise<number> {
  if (keepOpen === true && ui === undefined) {
    throw usageError('--keep-open is for a page, and there is none.', 'Add --ui, or leave it out.');
  }
  if (ui === undefined) return await work();
  const page = await startLivePage({ dir, port: ui === true ? 0 : ui }, (problem) => terminal.note(problem));
  try {
    // Whoever opens the page at once finds the run.
    folder.create();
    terminal.note(`Live page: ${page.address(folder.id)}`);
    const exitCode = await work();
    if (keepOpen === true) await untilStopped(page, folder, { signal, terminal });
    return exitCode;
  } finally {
    await page.close();
  }
}

/** Ctrl-C ends the page then: what the command was for is done. */
async function untilStopped(page: LivePage, folder: RunFolder, { signal, terminal }: Context): Promise<void> {
  if (signal.aborted) return;
  terminal.note(`The page stays open until Ctrl-C: ${page.address(folder.id)}`);
  await once(signal, 'abort');
}
