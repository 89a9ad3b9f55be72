/** Serves the live page while a command works, and with `--keep-open` until Ctrl-C. */
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

/** Returns the result of `work`. The page closes also if `work` throws. */
export async function besideLivePage(
  { dir, ui, keepOpen }: LivePageValues,
  folder: RunFolder,
  { signal, terminal }: Pick<Context, 'signal' | 'terminal'>,
  work: () => Promise<number>,
): Promise<number> {
  if (keepOpen === true && ui === undefined) {
    throw usageError('--keep-open needs --ui.', 'Add --ui, or leave --keep-open out.');
  }
  if (ui === undefined) return await work();
  const page = await startLivePage({ dir, port: ui === true ? 0 : ui }, (problem) => terminal.note(problem));
  try {
    // The run must be there even if the page is opened at once.
    folder.create();
    terminal.note(`Live page: ${page.address(folder.id)}`);
    const exitCode = await work();
    if (keepOpen === true) await untilStopped(page, folder, { signal, terminal });
    return exitCode;
  } finally {
    await page.close();
  }
}

/** Ctrl-C now ends only the page: the command itself is done. */
async function untilStopped(
  page: LivePage,
  folder: RunFolder,
  { signal, terminal }: Pick<Context, 'signal' | 'terminal'>,
): Promise<void> {
  if (signal.aborted) return;
  terminal.note(`The page stays open until Ctrl-C: ${page.address(folder.id)}`);
  await once(signal, 'abort');
}
