/** How an option is declared, and what follows from its declaration. */
import { Option } from 'commander';

export type StageCommand = 'produce' | 'consume';

export interface OptionEntry {
  flags: string;
  help?: string;
  /** Throws if the text is not a valid value. Without it, the value is the text. */
  parse?: (text: string) => unknown;
  /** Writes a value such that `parse` reads it. Without it, the value is written as it is. */
  print?: (value: never) => string;
  /** May be given again: the values are a list. */
  repeatable?: true;
  default?: unknown;
  /** How the help shows the default. Without it, the help shows the value. */
  defaultText?: string;
  /** Also comes from the environment: `--batch-size` from `NODROP_BATCH_SIZE`. */
  env?: true;
  /** The name of an option that excludes this one. */
  conflicts?: string;
  /** The help leaves it out. */
  hidden?: true;
  /** The commands that get it when nodrop starts them as processes of a run. */
  stages?: readonly StageCommand[];
  /** The command that repeats a run leaves it out; `named`: and says so, since it may lead to a secret. */
  again?: 'never' | 'named';
}

/** The value that commander hands over if the option is given or has a default. */
export type ValueOf<Entry extends OptionEntry> = Entry extends
  | { repeatable: true }
  | { flags: `${string}...>` }
  ? OneValueOf<Entry>[]
  : Entry extends { flags: `${string}[${string}` }
    ? OneValueOf<Entry> | true
    : OneValueOf<Entry>;

type OneValueOf<Entry extends OptionEntry> = Entry extends { parse: (text: string) => infer Value }
  ? Value
  : Entry extends { flags: `${string}<${string}` }
    ? string
    : boolean;

/** An option for which commander has a value even if it is not given. */
export type HasDefault = { default: unknown } | { flags: `--no-${string}` };

export const flagOf = ({ flags }: OptionEntry): string => /--[a-z-]+/.exec(flags)![0];

export function optionOf(entry: OptionEntry): Option {
  const { flags, help, parse = String, repeatable, conflicts = [], hidden = false } = entry;
  const option = new Option(flags, help).default(entry.default, entry.defaultText).conflicts(conflicts);
  if (entry.env === true) option.env(`NODROP_${flagOf(entry).slice(2).replaceAll('-', '_').toUpperCase()}`);
  if (repeatable === true) {
    option.argParser((text: string, others: unknown[] | undefined) => [...(others ?? []), parse(text)]);
  } else if (entry.parse !== undefined) {
    option.argParser(parse);
  }
  return option.hideHelp(hidden);
}

/** The arguments that give the option this value: none for undefined and false. */
export function argumentsOf(entry: OptionEntry, value: unknown): string[] {
  if (value === undefined || value === false) return [];
  if (value === true) return [flagOf(entry)];
  const print = (entry.print ?? String) as (value: unknown) => string;
  const values = entry.repeatable === true ? (value as unknown[]) : [value];
  return values.map((each) => `${flagOf(entry)}=${print(each)}`);
}
