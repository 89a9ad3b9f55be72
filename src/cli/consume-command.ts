import '../small-young-generation.ts';
import { exitCodes, OperationalError, usageError } from '../errors.ts';
import { consume } from '../pipeline/consumer.ts';
import { startConsumers } from '../pipeline/consumer-stages.ts';
import { bootstrapFromParent, tellParent, type ConsumeSummary } from '../pipeline/stage-process.ts';
import { RunFolder, topicOf } from '../run-folder.ts';
import { categoriesOf } from '../state-rule.ts';
import type { Context } from './context.ts';
import { bootstrapOf, settingsOf, type SharedValues } from './options.ts';
import { neededBootstrap, stateRuleOf, storeOf } from './run-settings.ts';
import { consumeArguments } from './stage-arguments.ts';

type ConsumeValues = SharedValues & { untilDrained?: boolean };

export async function consumeCommand(values: ConsumeValues, context: Context): Promise<number> {
  const { signal, terminal } = context;
  if (values.run === undefined) throw usageError('--run is missing: which run is to be consumed?');
  const folder = new RunFolder(values.dir, values.run);
  const isStage = process.send !== undefined && bootstrapOf(values) === undefined;
  const summary =
    values.consumers > 1
      ? await consumeInStages(values, folder, context)
      : await consumeHere(values, folder, isStage, context);
  terminal.clear();
  tellParent({ type: 'consumed', ...summary });
  const { stored, deadLetters } = summary;
  if (values.json === true) terminal.print(JSON.stringify({ run: folder.id, ...summary }));
  else if (!isStage) {
    terminal.print(`run ${folder.id}: ${stored} rows and ${deadLetters} dead letters stored`);
  }
  if (signal.aborted) throw signal.reason;
  return exitCodes.pass;
}

async function consumeHere(
  values: ConsumeValues,
  folder: RunFolder,
  isStage: boolean,
  { signal, terminal }: Context,
): Promise<ConsumeSummary> {
  const settings = settingsOf(values);
  const rule = stateRuleOf(values);
  const bootstrapServers = isStage ? await bootstrapFromParent(signal) : neededBootstrap(values);
  terminal.status(`consuming from ${bootstrapServers}`);
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
      timeoutMs: values.timeout,
    },
    (done) => {
      terminal.progress('stored', done);
      tellParent({ type: 'progress', done });
    },
    signal,
  );
}

/** Several consumers: each is this command again, as a process of its own. */
async function consumeInStages(
  values: ConsumeValues,
  folder: RunFolder,
  { signal, terminal }: Context,
): Promise<ConsumeSummary> {
  settingsOf(values);
  const bootstrapServers = neededBootstrap(values);
  folder.create();
  terminal.status(`consuming from ${bootstrapServers}`);
  const { stages, summary } = startConsumers(
    values.consumers,
    consumeArguments(values, folder),
    folder,
    (stored) => terminal.progress('stored', stored),
  );
  const stop = (): void => {
    for (const stage of stages) stage.kill('SIGTERM');
  };
  signal.addEventListener('abort', stop, { once: true });
  if (signal.aborted) stop();
  for (const stage of stages) stage.tellBootstrap(bootstrapServers);
  const exits = await Promise.all(stages.map(({ exited }) => exited));
  const failed = signal.aborted ? -1 : exits.findIndex(({ code }) => code !== 0);
  if (failed === -1) return summary;
  const { code, signal: killer, tail } = exits[failed]!;
  const message = `Consumer ${failed + 1} of ${exits.length} ended early (${code ?? killer}):\n${tail}`;
  throw new OperationalError(code === exitCodes.usage ? 'usage' : 'unavailable', message);
}
