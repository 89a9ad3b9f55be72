import { exitCodes } from '../errors.ts';
import { produce } from '../pipeline/producer.ts';
import { bootstrapFromParent, tellParent } from '../pipeline/stage-process.ts';
import type { Context } from './context.ts';
import { bootstrapOf, defaultStates, type SharedValues } from './options.ts';
import { neededBootstrap, runSettings } from './run-settings.ts';

export async function produceCommand(values: SharedValues, { signal, terminal }: Context): Promise<number> {
  const settings = runSettings(values);
  const isStage = process.send !== undefined && bootstrapOf(values) === undefined;
  const bootstrapServers = isStage ? await bootstrapFromParent(signal) : neededBootstrap(values);
  const { folder, messages } = settings;
  terminal.status(`publishing to ${bootstrapServers}`);
  const summary = await produce(
    { ...settings, bootstrapServers },
    {
      onLedger: () => tellParent({ type: 'ledger-opened' }),
      onSent: (done) => {
        terminal.progress('produced', done, messages);
        tellParent({ type: 'progress', done });
      },
    },
    signal,
  );
  terminal.clear();
  if (values.json === true) {
    terminal.print(
      JSON.stringify({ run: folder.id, topic: settings.topic, seed: settings.seed, ...summary }),
    );
  } else if (!isStage) {
    const { sent, acked, rejected, unknown } = summary;
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
