import type { OptionName } from '../options/options.ts';
import type { Terminal } from '../output/terminal.ts';

/** Given to every command in addition to its options. */
export interface Context {
  signal: AbortSignal;
  terminal: Terminal;
  /** Whether an option was given, as an argument or by the environment; otherwise its value is the default. */
  isGiven: (name: OptionName) => boolean;
}
