import { exitCodes, usageError } from '../errors.ts';
import { consume } from '../pipeline/consumer.ts';
import { bootstrapFromParent, tellParent } from '../pipeline/stage-process.ts';
import { RunFolder, topicOf } from '../run-folder.ts';
import type { Context } from './context.ts';
import { bootstrapOf, settingsOf, type SharedValues } from './options.ts';
import { neededBootstrap, storeOf } from './run-settings.ts';

export async function consumeCommand(
  values: SharedValues & { untilDrained?: boolean },
  { signal, terminal }: Context,
): Promise<number> {
  if (values.run === undefined) throw usageError('--run is missing: which run is to be consumed?');
  const folder = new RunFolder(values.dir, values.run);
  const settings = settingsOf(values);
  const isStage = process.send !== undefined && bootstrapOf(values) === undefined;
  const bootstrapServers = isStage ? await bootstrapFromParent(signal) : neededBootstrap(values);
  terminal.status(`consuming from ${bootstrapServers}`);
  const summary = await consume(
    {
      folder,
      topic: values.topic ?? topicOf(folder.id),
      states: values.states.map((state) => state.name),
      bootstrapServers,
      settings,
      store: storeOf(values, folder),
      untilDrained: values.untilDrained === true,
      timeoutMs: values.timeout,
    },
    (done) => {
      terminal.progress('stored', done);
      tellParent({ type: 'progress', done });
    },
    signal,
  );
  terminal.clear();
  if (values.json === true) terminal.print(JSON.stringify({ run: folder.id, ...summary }));
  else if (!isStage) {
    terminal.print(`run ${folder.id}: ${summary.stored} rows and ${summary.deadLetters} dead letters stored`);
  }
  if (signal.aborted) throw signal.reason;
  return exitCodes.pass;
}
