import { exitCodes } from '../../errors.ts';
import { jsonText } from '../../text/json-text.ts';
import { produce } from '../../pipeline/producer/producer.ts';
import { startStages } from '../../pipeline/stage/stage-group.ts';
import {
  bootstrapFromParent,
  tellParent,
  tellProgress,
  untilToldToBegin,
} from '../../pipeline/stage/stage-parent.ts';
import { refuseUsersData } from '../../run-folder/check-folder.ts';
import { refuseForeignFolder } from '../../run-folder/run-files.ts';
import { dirOption, shellWord } from '../../system/shell-word.ts';
import type { Context } from './context.ts';
import { bootstrapOf, type OptionValues } from '../options/options.ts';
import { defaultStates } from '../options/run-options.ts';
import { statesText } from '../options/parse-states.ts';
import { neededBootstrap, runSettings, type RunSettings } from '../options/run-settings.ts';
import { runStages } from './run-stages.ts';
import { seamsOf } from '../startup/load-seams.ts';
import { produceArguments } from '../options/stage-arguments.ts';

export async function produceCommand(values: OptionValues, context: Context): Promise<number> {
  const { signal, terminal } = context;
  const settings = runSettings(values);
  const isStage = process.send !== undefined && bootstrapOf(values) === undefined;
  const begin = isStage && settings.rate !== undefined ? untilToldToBegin(signal) : undefined;
  // If nothing awaits it, its rejection on a signal must not end the process.
  begin?.catch(() => undefined);
  const bootstrapServers = isStage
    ? await bootstrapFromParent(signal)
    : neededBootstrap(values, settings.settings);
  const { folder } = settings;
  if (!isStage) {
    refuseUsersData(folder, 'produce', 'producer');
    refuseForeignFolder(folder);
  }
  terminal.status(`publishing to ${bootstrapServers}`);
  const isGroup = settings.producers > 1 && values.producer === undefined;
  const summary = isGroup
    ? await produceInStages(settings, bootstrapServers, context)
    : await produceHere({ ...settings, bootstrapServers }, begin, context);
  terminal.clear();
  tellParent({ type: 'summary', counts: summary });
  if (values.json === true) {
    terminal.printDocument(
      jsonText({ run: folder.id, topic: settings.topic, seed: settings.seed, ...summary }),
    );
  } else if (!isStage) {
    const { sent = 0, acked = 0, rejected = 0, unknown = 0 } = summary;
    terminal.print(
      `run ${folder.id}: ${sent} sent, ${acked} acknowledged, ${rejected} rejected, ${unknown} unknown`,
    );
    const dir = dirOption(values.dir);
    const topic = values.topic === undefined ? '' : ` --topic ${values.topic}`;
    const group = values.group === undefined ? '' : ` --group ${shellWord(values.group)}`;
    const { commandConfig } = values;
    const config = commandConfig === undefined ? '' : ` --command-config ${shellWord(commandConfig)}`;
    const at = ` --bootstrap-server ${shellWord(bootstrapServers)}${config}`;
    const sorting = sortingOptions(values);
    terminal.print(`nodrop consume --run ${folder.id}${topic}${group}${sorting}${dir}${at} --until-drained`);
    terminal.print(`nodrop verify ${folder.id}${dir}${config}`);
  }
  if (signal.aborted) throw signal.reason;
  return exitCodes.pass;
}

/** `begin` settles when the first message may be sent; undefined: at once. */
async function produceHere(
  settings: RunSettings & { bootstrapServers: string },
  begin: Promise<void> | undefined,
  { signal, terminal }: Context,
): Promise<Record<string, number>> {
  const summary = await produce(
    settings,
    {
      onLedger: () => tellParent({ type: 'ledger-opened' }),
      onSent: (done) => {
        terminal.progress('produced', done, totalOf(settings));
        tellProgress(done);
      },
      untilBegin: async () => await begin,
    },
    signal,
    await seamsOf(settings.folder),
  );
  return { ...summary };
}

/** The number of messages; undefined if a duration limits the run. */
const totalOf = ({ messages, durationMs }: RunSettings): number | undefined =>
  durationMs === undefined ? messages : undefined;

/** Several producers, which divide the messages among them. */
async function produceInStages(
  settings: RunSettings,
  bootstrapServers: string,
  context: Context,
): Promise<Record<string, number>> {
  const { folder, producers } = settings;
  folder.refuseIfUsed();
  folder.create();
  const commands = Array.from({ length: producers }, (_, index) => produceArguments(settings, index));
  const group = startStages('producer', commands, folder, (done) =>
    context.terminal.progress('produced', done, totalOf(settings)),
  );
  return await runStages(group, bootstrapServers, context);
}

/** The options with which a consumer finds the states of these messages. */
function sortingOptions({ states, stateField, stateHeader }: OptionValues): string {
  const names = statesText(states.map((state) => ({ ...state, weight: 1 })));
  return [
    names === defaultStates ? '' : ` --states ${shellWord(names)}`,
    stateField === undefined ? '' : ` --state-field ${shellWord(stateField)}`,
    stateHeader === undefined ? '' : ` --state-header ${shellWord(stateHeader)}`,
  ].join('');
}
