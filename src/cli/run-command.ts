import { exitCodes } from '../errors.ts';
import { run } from '../run.ts';
import { printResult } from './print-result.ts';
import type { Context } from './context.ts';
import type { SharedValues } from './options.ts';
import { runSettings, storeOf } from './run-settings.ts';
import type { RunSettings } from './run-settings.ts';

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
      messages: settings.messages,
      bootstrapServers: settings.bootstrapServers,
      settings: settings.settings,
      store,
      keepTopic: values.keepTopic === true,
      timeoutMs: settings.timeoutMs,
      produceArgs: ['produce', ...produceOptions(settings), ...commonOptions(values, settings)],
      consumeArgs: [
        'consume',
        '--until-drained',
        ...consumeOptions(settings, store),
        ...commonOptions(values, settings),
      ],
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
  return exitCodes[result.verdict];
}

// The stages are the commands that a user runs by hand, so they get their settings as options.

const produceOptions = (settings: RunSettings): string[] => [
  `--messages=${settings.messages}`,
  `--batch-size=${settings.batchSize}`,
  `--payload-bytes=${settings.payloadBytes}`,
  `--partitions=${settings.partitions}`,
  `--seed=${settings.seed}`,
];

const consumeOptions = (_settings: RunSettings, store: string): string[] => [`--store=sqlite:${store}`];

const commonOptions = (values: SharedValues, settings: RunSettings): string[] => [
  `--run=${settings.folder.id}`,
  `--dir=${values.dir}`,
  `--topic=${settings.topic}`,
  `--states=${settings.states.map(({ name, weight }) => `${name}=${weight}`).join(',')}`,
  `--timeout=${settings.timeoutMs}ms`,
  ...(values.commandConfig === undefined ? [] : [`--command-config=${values.commandConfig}`]),
  ...(values.setting ?? []).map((pair) => `--setting=${pair}`),
  '--quiet',
];
