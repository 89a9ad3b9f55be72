import { exitCodes, usageError } from '../../errors.ts';
import { explainMessage } from '../../explain/explain-message.ts';
import { findRun } from '../../run-folder/find-run.ts';
import { jsonText } from '../../text/json-text.ts';
import { explainLines } from '../../report/terminal/explain-lines.ts';
import type { Context } from './context.ts';
import { bootstrapOf, type OptionValues } from '../options/options.ts';

/** `explain RUN ID`, or `explain ID` for the latest run. */
export async function explainCommand(
  values: OptionValues,
  { terminal }: Context,
  first: string | undefined,
  second: string | undefined,
): Promise<number> {
  const [run, asked] = second === undefined ? [undefined, first] : [first, second];
  if (asked === undefined) {
    throw usageError('The id of the message is missing.', 'For example: nodrop explain p0-17');
  }
  const folder = findRun(values.dir, run);
  terminal.status('reading the evidence');
  const timeline = await explainMessage({
    folder,
    store: values.store ?? folder.storeInUse(),
    asked,
    bootstrapServers: bootstrapOf(values),
  });
  terminal.clear();
  if (values.json === true) terminal.printDocument(jsonText(timeline));
  else for (const line of explainLines(timeline, terminal.palette)) terminal.print(line);
  return exitCodes.pass;
}
