import { exitCodes } from '../errors.ts';
import { produce } from '../pipeline/producer.ts';
import { startStages } from '../pipeline/stage-group.ts';
import { bootstrapFromParent, tellParent } from '../pipeline/stage-process.ts';
import type { Context } from './context.ts';
import { bootstrapOf, defaultStates, type SharedValues } from './options.ts';
import { neededBootstrap, runSettings, type RunSettings } from './run-settings.ts';
import { runStages } from './run-stages.ts';
import { produceArguments } from './stage-arguments.ts';

export async function produceCommand(values: SharedValues, context: Context): Promise<number> {
  const { signal, terminal } = context;
  const settings = runSettings(values);
  const isStage = process.send !== undefined && bootstrapOf(values) === undefined;
  const bootstrapServers = isStage ? await bootstrapFromParent(signal) : neededBootstrap(values);
  const { folder } = settings;
  terminal.status(`publishing to ${bootstrapServers}`);
  const isGroup = settings.producers > 1 && values.producer === undefined;
  const produceIn = isGroup ? produceInStages : produceHere;
  const summary = await produceIn(values, settings, bootstrapServers, context);
  terminal.clear();
  tellParent({ type: 'summary', counts: summary });
  if (values.json === true) {
    terminal.print(
      JSON.stringify({ run: folder.id, topic: settings.topic, seed: settings.seed, ...summary }),
    );
  } else if (!isStage) {
    const { sent = 0, acked = 0, rejected = 0, unknown = 0 } = summary;
    terminal.print(
      `run ${folder.id}: ${sent} sent, ${acked} acknowledged, ${rejected} rejected, ${unknown} unknown`,
    );
    const dir = values.dir === '.nodrop' ? '' : ` --dir ${values.dir}`;
    const topic = values.topic === undefined ? '' : ` --topic ${values.topic}`;
    const at = ` --bootstrap-server ${bootstrapServers}`;
    const sorting = sortingOptions(values);
    terminal.print(`nodrop consume --run ${folder.id}${topic}${sorting}${dir}${at} --until-drained`);
    terminal.print(`nodrop verify ${folder.id}${dir}`);
  }
  if (signal.aborted) throw signal.reason;
  return exitCodes.pass;
}

type Produce = (
  values: SharedValues,
  settings: RunSettings,
  bootstrapServers: string,
  context: Context,
) => Promise<Record<string, number>>;

const produceHere: Produce = async ({ producer }, settings, bootstrapServers, { signal, terminal }) => ({
  ...(await produce(
    { ...settings, producer, bootstrapServers },
    {
      onLedger: () => tellParent({ type: 'ledger-opened' }),
      onSent: (done) => {
        terminal.progress('produced', done, settings.messages);
        tellParent({ type: 'progress', done });
      },
    },
    signal,
  )),
});

/** Several producers, which divide the messages among them. */
const produceInStages: Produce = async (values, settings, bootstrapServers, context) => {
  const { folder, producers, messages } = settings;
  folder.refuseIfUsed();
  folder.create();
  const commands = Array.from({ length: producers }, (_, index) => produceArguments(values, settings, index));
  const group = startStages('producer', commands, folder, (done) =>
    context.terminal.progress('produced', done, messages),
  );
  return await runStages(group, bootstrapServers, context);
};

/** What a consumer has to be told to find the states of these messages. */
function sortingOptions({ states, stateField, stateHeader }: SharedValues): string {
  const names = states.map(({ name }) => name).join(',');
  return [
    names === defaultStates ? '' : ` --states ${names}`,
    stateField === undefined ? '' : ` --state-field ${quotedForShell(stateField)}`,
    stateHeader === undefined ? '' : ` --state-header ${quotedForShell(stateHeader)}`,
  ].join('');
}

const quotedForShell = (text: string): string =>
  /^[\w./:@-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`;
