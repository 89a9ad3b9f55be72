import '../../system/small-young-generation.ts';
import { exitCodes, usageError } from '../../errors.ts';
import { jsonText } from '../../text/json-text.ts';
import { consume } from '../../pipeline/consumer/consumer.ts';
import { startStages } from '../../pipeline/stage/stage-group.ts';
import {
  bootstrapFromParent,
  tellParent,
  tellProgress,
  untilProduced,
} from '../../pipeline/stage/stage-parent.ts';
import { refuseForeignFolder } from '../../run-folder/run-files.ts';
import { RunFolder, topicOf } from '../../run-folder/run-folder.ts';
import { categoriesOf } from '../../workload/state-rule.ts';
import type { Context } from './context.ts';
import { bootstrapOf, settingsOf, type OptionValues } from '../options/options.ts';
import { besideLivePage } from '../output/page-beside-command.ts';
import { neededBootstrap, stateRuleOf, storeOf } from '../options/run-settings.ts';
import { runStages } from './run-stages.ts';
import { seamsOf } from '../startup/load-seams.ts';
import { consumeArguments } from '../options/stage-arguments.ts';
import { counted } from '../../text/counted.ts';

export async function consumeCommand(values: OptionValues, context: Context): Promise<number> {
  if (values.run === undefined) throw usageError('--run is missing: it names the run to consume.');
  const folder = new RunFolder(values.dir, values.run);
  return await besideLivePage(values, folder, context, () => consumeAll(values, folder, context));
}

async function consumeAll(values: OptionValues, folder: RunFolder, context: Context): Promise<number> {
  const { signal, terminal } = context;
  const isStage = process.send !== undefined && bootstrapOf(values) === undefined;
  if (!isStage) refuseForeignFolder(folder);
  const summary =
    values.consumers > 1
      ? await consumeInStages(values, folder, context)
      : await consumeHere(values, folder, isStage, context);
  terminal.clear();
  tellParent({ type: 'summary', counts: summary });
  if (values.json === true) terminal.printDocument(jsonText({ run: folder.id, ...summary }));
  else if (!isStage) {
    const { stored = 0, deadLetters = 0 } = summary;
    terminal.print(
      `run ${folder.id}: ${counted(stored, 'row')} and ${counted(deadLetters, 'dead letter')} stored`,
    );
  }
  if (signal.aborted) throw signal.reason;
  return exitCodes.pass;
}

async function consumeHere(
  values: OptionValues,
  folder: RunFolder,
  isStage: boolean,
  { signal, terminal }: Context,
): Promise<Record<string, number>> {
  const settings = settingsOf(values);
  const rule = stateRuleOf(values);
  const produced = isStage ? untilProduced(signal) : undefined;
  // If nothing awaits it, its rejection on a signal must not end the process.
  produced?.catch(() => undefined);
  const bootstrapServers = isStage ? bootstrapFromParent(signal) : neededBootstrap(values, settings);
  if (typeof bootstrapServers === 'string') terminal.status(`consuming from ${bootstrapServers}`);
  return await consume(
    {
      folder,
      topic: values.topic ?? topicOf(folder.id),
      rule,
      categories: categoriesOf(rule),
      bootstrapServers,
      settings,
      store: storeOf(values, folder),
      storeTimeoutMs: values.storeTimeout,
      untilDrained: values.untilDrained === true,
      produced,
      timeoutMs: values.timeout,
    },
    (done) => {
      terminal.progress('stored', done);
      tellProgress(done);
    },
    signal,
    await seamsOf(folder),
  );
}

/** Several consumers in one group. */
async function consumeInStages(
  values: OptionValues,
  folder: RunFolder,
  context: Context,
): Promise<Record<string, number>> {
  const bootstrapServers = neededBootstrap(values, settingsOf(values));
  folder.create();
  const { terminal } = context;
  terminal.status(`consuming from ${bootstrapServers}`);
  const commands = Array.from({ length: values.consumers }, () => consumeArguments(values, folder));
  const group = startStages('consumer', commands, folder, (stored) => terminal.progress('stored', stored));
  return await runStages(group, bootstrapServers, context);
}
