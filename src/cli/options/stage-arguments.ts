/** The stages are the commands that a user runs by hand, so they get their settings as options. */
import { topicOf, type RunFolder } from '../../run-folder/run-folder.ts';
import type { ClientSettings } from '../../kafka/client/client-settings.ts';
import { argumentsOf, type OptionEntry, type StageCommand } from './option-entry.ts';
import type { OptionValues } from './options.ts';
import { runOptions } from './run-options.ts';
import { storeOf, type RunSettings } from './run-settings.ts';

/** For one of the producers. */
export const produceArguments = (settings: RunSettings, producer: number): string[] =>
  stageArguments('produce', settings.folder, {
    ...settings,
    producer,
    messages: settings.durationMs === undefined ? settings.messages : undefined,
    duration: settings.durationMs,
  });

/** For one of the consumers of the group. Each static member of a group needs an id of its own. */
export function consumeArguments(
  values: OptionValues,
  folder: RunFolder,
  { settings, index }: { settings: ClientSettings; index: number },
): string[] {
  const id = settings['group.instance.id'];
  // The last of two settings counts.
  const own = id === undefined || values.consumers === 1 ? [] : [`group.instance.id=${id}-${index + 1}`];
  return stageArguments('consume', folder, {
    ...values,
    setting: [...(values.setting ?? []), ...own],
    store: storeOf(values, folder),
    consumers: 1,
  });
}

type Values = { [Name in keyof OptionValues]?: OptionValues[Name] | undefined };

function stageArguments(stage: StageCommand, folder: RunFolder, values: Values): string[] {
  const chosen: Values = {
    ...values,
    run: folder.id,
    topic: values.topic ?? topicOf(folder.id),
    quiet: true,
  };
  const entries = Object.entries<OptionEntry>(runOptions).filter(([, entry]) =>
    entry.stages?.includes(stage),
  );
  return [stage, ...entries.flatMap(([name, entry]) => argumentsOf(entry, chosen[name as keyof Values]))];
}
