import { once } from 'node:events';
import { findRun } from '../../run-folder/find-run.ts';
import { startLivePage } from '../../page/start-page.ts';
import type { Context } from './context.ts';
import type { OptionValues } from '../options/options.ts';

/** Serves the page with the runs of a folder until it is stopped. */
export async function uiCommand(
  { dir, port = 0, quiet }: OptionValues,
  { signal, terminal }: Context,
  run: string | undefined,
): Promise<number> {
  const id = run === undefined ? undefined : findRun(dir, run).id;
  const ended = Promise.withResolvers<never>();
  const page = await startLivePage({ dir, port }, (problem) => ended.reject(new Error(problem)));
  try {
    terminal.print(page.address(id));
    if (quiet !== true) terminal.note('Open this address in a browser. Ctrl-C ends the page.');
    await Promise.race([ended.promise, signal.aborted ? undefined : once(signal, 'abort')]);
  } finally {
    await page.close();
  }
  throw signal.reason;
}
