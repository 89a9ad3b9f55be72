import { exitCodeOf } from '../result.ts';
import { run } from '../run.ts';
import { categoriesOf } from '../state-rule.ts';
import { printResult } from './print-result.ts';
import type { Context } from './context.ts';
import type { SharedValues } from './options.ts';
import { runSettings, stateRuleOf, storeOf } from './run-settings.ts';
import { consumeArguments, produceArguments } from './stage-arguments.ts';

export async function runCommand(
  values: SharedValues & { keepTopic?: boolean },
  { signal, terminal }: Context,
): Promise<number> {
  const settings = runSettings(values);
  const { folder } = settings;
  const store = storeOf(values, folder);
  const result = await run(
    {
      id: folder.id,
      dir: values.dir,
      messages: settings.durationMs === undefined ? settings.messages : undefined,
      isPaced: settings.rate !== undefined,
      thresholds: values.threshold ?? [],
      bootstrapServers: settings.bootstrapServers,
      settings: settings.settings,
      store,
      categories: categoriesOf(stateRuleOf(values)),
      keepTopic: values.keepTopic === true,
      timeoutMs: settings.timeoutMs,
      producers: times(settings.producers, (producer) => produceArguments(values, settings, producer)),
      consumers: times(values.consumers, () => consumeArguments({ ...values, untilDrained: true }, folder)),
    },
    {
      status: (text) => terminal.status(text),
      progress: (label, done, total) => terminal.progress(label, done, total),
      note: (line) => terminal.note(line),
      judged: (verdict) => printResult(terminal, verdict, folder.path, values.json === true),
    },
    signal,
  );
  if (signal.aborted) throw signal.reason;
  return exitCodeOf(result);
}

const times = <T>(count: number, make: (index: number) => T): T[] =>
  Array.from({ length: count }, (_, index) => make(index));
