import '../../system/small-young-generation.ts';
import { exitCodes, usageError } from '../../errors.ts';
import { jsonText } from '../../text/json-text.ts';
import { consume } from '../../pipeline/consumer/consumer.ts';
import { DeadLetterReasons } from '../../pipeline/consumer/dead-letter-reasons.ts';
import type { CommonReason } from '../../pipeline/stage/stage.ts';
import { startStages } from '../../pipeline/stage/stage-group.ts';
import {
  bootstrapFromParent,
  tellParent,
  tellProgress,
  untilProduced,
} from '../../pipeline/stage/stage-parent.ts';
import { refuseUsersData } from '../../run-folder/check-folder.ts';
import { refuseForeignFolder } from '../../run-folder/run-files.ts';
import { RunFolder, topicOf } from '../../run-folder/run-folder.ts';
import { categoriesOf } from '../../workload/state-rule.ts';
import type { Context } from './context.ts';
import { bootstrapOf, settingsOf, type OptionValues } from '../options/options.ts';
import { besideLivePage } from '../output/page-beside-command.ts';
import { namedTablesOf, neededBootstrap, stateRuleOf, storeOf } from '../options/run-settings.ts';
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
  if (!isStage) {
    refuseUsersData(folder, 'consume', 'consumer');
    refuseForeignFolder(folder);
  }
  const { counts, commonReason } =
    values.consumers > 1
      ? await consumeInStages(values, folder, context)
      : await consumeHere(values, folder, isStage, context);
  terminal.clear();
  tellParent({ type: 'summary', counts, commonReason });
  if (values.json === true) terminal.printDocument(jsonText({ run: folder.id, ...counts, commonReason }));
  else if (!isStage) {
    const { stored = 0, deadLetters = 0 } = counts;
    terminal.print(
      `run ${folder.id}: ${counted(stored, 'row')} and ${counted(deadLetters, 'dead letter')} stored`,
    );
    if (stored === 0 && commonReason !== undefined) terminal.print(allDeadText(deadLetters, commonReason));
  }
  if (signal.aborted) throw signal.reason;
  return exitCodes.pass;
}

interface Consumed {
  counts: Readonly<Record<string, number>>;
  commonReason: CommonReason | undefined;
}

/** Without this line, a pipeline that sorts nothing would look as if it worked. */
function allDeadText(deadLetters: number, { reason, count }: CommonReason): string {
  const which = count === deadLetters ? '' : ` (${count} of them)`;
  return `No record could be sorted by its state. The most frequent reason${which}: ${reason}.`;
}

async function consumeHere(
  values: OptionValues,
  folder: RunFolder,
  isStage: boolean,
  { signal, terminal }: Context,
): Promise<Consumed> {
  const settings = settingsOf(values);
  const rule = stateRuleOf(values);
  const tables = namedTablesOf(values);
  const produced = isStage ? untilProduced(signal) : undefined;
  // If nothing awaits it, its rejection on a signal must not end the process.
  produced?.catch(() => undefined);
  const bootstrapServers = isStage ? bootstrapFromParent(signal) : neededBootstrap(values, settings);
  if (typeof bootstrapServers === 'string') terminal.status(`consuming from ${bootstrapServers}`);
  return await consume(
    {
      folder,
      topic: values.topic ?? topicOf(folder.id),
      group: values.group,
      rule,
      categories: categoriesOf(rule),
      tables,
      bootstrapServers,
      settings,
      store: storeOf(values, folder),
      storeTimeoutMs: values.storeTimeout,
      untilDrained: values.untilDrained === true,
      skipRemoved: values.skipRemoved === true,
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
async function consumeInStages(values: OptionValues, folder: RunFolder, context: Context): Promise<Consumed> {
  const settings = settingsOf(values);
  namedTablesOf(values);
  const bootstrapServers = neededBootstrap(values, settings);
  folder.create();
  const { terminal } = context;
  terminal.status(`consuming from ${bootstrapServers}`);
  const commands = Array.from({ length: values.consumers }, (_, index) =>
    consumeArguments(values, folder, { settings, index }),
  );
  const group = startStages('consumer', commands, folder, (stored) => terminal.progress('stored', stored));
  const counts = await runStages(group, bootstrapServers, context);
  const reasons = new DeadLetterReasons();
  for (const each of group.commonReasons) reasons.add(each);
  return { counts, commonReason: reasons.mostCommon };
}
