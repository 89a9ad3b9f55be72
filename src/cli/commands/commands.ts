/** Makes commander's commands of the definitions. */
import type { Command } from 'commander';
import { addOptions, type OptionName, type OptionValues } from '../options/options.ts';
import { optionOf } from '../options/option-entry.ts';
import { exportStorePassword } from '../options/store-password.ts';
import { Terminal } from '../output/terminal.ts';
import { definitions } from './definitions.ts';

export interface CommandState {
  exitCode(): number;
  /** Whether the command is done when the reader of stdout has gone, and has failed when stdout cannot be written. */
  endsWithReader(): boolean;
}

export function addCommands(program: Command, signal: AbortSignal): CommandState {
  let [exitCode, endsWithReader] = [0, true]; // as help and version do
  for (const definition of definitions) {
    const command = program.command(definition.name).description(definition.description);
    for (const argument of definition.arguments ?? []) command.argument(...argument);
    addOptions(command, definition.options);
    for (const entry of Object.values(definition.own ?? {})) command.addOption(optionOf(entry));
    if (definition.usage !== undefined) command.usage(definition.usage);
    const examples = ['Examples:', ...definition.examples.map((line) => `  ${line}`), ''].join('\n');
    command.addHelpText('before', examples).allowExcessArguments(false);
    command.action(async (...args: unknown[]) => {
      const given = args.slice(0, definition.arguments?.length ?? 0) as (string | undefined)[];
      const values = command.opts<OptionValues>();
      const color = values.color && process.env['NO_COLOR'] === undefined && process.stdout.isTTY;
      endsWithReader = definition.endsWithReader === true || values.list === true;
      const terminal = new Terminal({ color, quiet: values.quiet === true });
      try {
        exportStorePassword(values);
        const isGiven = (name: OptionName): boolean =>
          ['cli', 'env'].includes(command.getOptionValueSource(name) ?? '');
        exitCode = await definition.act(values, { signal, terminal, isGiven }, ...given);
      } finally {
        terminal.clear();
      }
    });
  }
  return { exitCode: () => exitCode, endsWithReader: () => endsWithReader };
}
