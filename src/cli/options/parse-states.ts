/**
 * Parses and writes the values of `--states` and `--other`: `failed=1,'In Progress'=8` is without the shell's quotes
 * `failed=1,In Progress=8`, and `in_progress:IN_PROGRESS` names the table of a state. A backslash takes away the meaning
 * of `,`, `=`, `:`, a blank or another backslash.
 */
import { InvalidArgumentError } from 'commander';
import { isTableName, tableBytesMax } from '../../stores/table-names.ts';
import { unprintable } from '../../text/printable.ts';
import type { WeightedState } from '../../workload/workload.ts';

/** A category, and the name of its table if the user gave one. */
export interface NamedCategory {
  name: string;
  table?: string;
}
export type NamedState = WeightedState & NamedCategory;

const statesMax = 64;
const weightMax = 1_000_000;
const stateBytesMax = 256;
/** Reports and JSON have these names beside those of states, or cannot have them. */
const reserved = ['dead-letters', '(missing)', '__proto__'];

const form = String.raw`It takes states separated by commas, each optionally with a weight (1 to ${weightMax}) and a name for its table, as in failed,in_progress:IN_PROGRESS=8. In a state, write \, \= \: and \\ for , = : and \.`;

/** `failed,In Progress` or `failed=1,in_progress:IN_PROGRESS=8`. */
export function parseStates(value: string): NamedState[] {
  const states = split(lettersOf(value), ',').map((part) => {
    const [named = [], ...weights] = split(part, '=');
    const weight = weights.length === 0 ? '1' : textOf(weights[0]!);
    const isWeight = /^\d{1,7}$/.test(weight) && Number(weight) >= 1 && Number(weight) <= weightMax;
    if (weights.length > 1 || !isWeight) throw new InvalidArgumentError(`${form} Not '${textOf(part)}'.`);
    return { ...categoryOf(named), weight: Number(weight) };
  });
  if (states.length > statesMax) throw new InvalidArgumentError(`It takes at most ${statesMax} states.`);
  const names = states.map(({ name }) => name);
  const double = names.find((name, index) => names.indexOf(name) < index);
  if (double !== undefined) throw new InvalidArgumentError(`'${double}' is given twice.`);
  const problem = problemOfTables(states);
  if (problem !== undefined) throw new InvalidArgumentError(problem);
  return states;
}

/** A category to which the rules for states apply, without a weight. */
export function parseCategory(value: string): NamedCategory {
  const letters = lettersOf(value);
  if (split(letters, ',').length > 1 || split(letters, '=').length > 1) {
    throw new InvalidArgumentError(
      String.raw`It takes one name, optionally with a name for its table, as in rest:Other. In a name, write \, \= \: and \\ for , = : and \.`,
    );
  }
  return categoryOf(letters);
}

/** Reads back as the same states. */
export const statesText = (states: readonly NamedState[]): string =>
  states
    .map(({ weight, ...category }) => categoryText(category) + (weight === 1 ? '' : `=${weight}`))
    .join(',');

/** Reads back as the same category. */
export const categoryText = ({ name, table }: NamedCategory): string =>
  (table === undefined ? '' : `${table}:`) + name.replaceAll(/[\\,=:]|^\s|\s$/gu, String.raw`\$&`);

/** Which two categories the user named one table for, in a sentence that proposes another; undefined if none. */
export function problemOfTables(categories: readonly NamedCategory[]): string | undefined {
  const holders = new Map<string, string>();
  for (const { name, table } of categories) {
    if (table === undefined) continue;
    const other = holders.get(table);
    if (other !== undefined) {
      const example = categoryText({ name, table: `${table.slice(0, tableBytesMax - 2)}_2` });
      return `'${other}' and '${name}' cannot both have the table ${table}. Name another one, such as ${example}.`;
    }
    holders.set(table, name);
  }
  return undefined;
}

/** A character of the value. */
interface Letter {
  text: string;
  /** It has no meaning but itself. */
  isEscaped: boolean;
}

function lettersOf(value: string): Letter[] {
  const letters: Letter[] = [];
  let isEscaped = false;
  for (const text of value) {
    if (text === '\\' && !isEscaped) {
      isEscaped = true;
      continue;
    }
    if (isEscaped && !/[\\,=:\s]/.test(text)) throw new InvalidArgumentError(`${form} Not \\${text}.`);
    letters.push({ text, isEscaped });
    isEscaped = false;
  }
  if (isEscaped) throw new InvalidArgumentError(`${form} Not a \\ at the end.`);
  return letters;
}

function split(letters: readonly Letter[], separator: string): Letter[][] {
  const parts: Letter[][] = [[]];
  for (const letter of letters) {
    if (letter.text === separator && !letter.isEscaped) parts.push([]);
    else parts.at(-1)!.push(letter);
  }
  return parts;
}

/** Without the blanks around it. */
function textOf(letters: readonly Letter[]): string {
  const isBlank = ({ text, isEscaped }: Letter): boolean => !isEscaped && /\s/.test(text);
  const start = letters.findIndex((letter) => !isBlank(letter));
  const end = letters.findLastIndex((letter) => !isBlank(letter));
  return start < 0
    ? ''
    : letters
        .slice(start, end + 1)
        .map(({ text }) => text)
        .join('');
}

function categoryOf(letters: readonly Letter[]): NamedCategory {
  const parts = split(letters, ':').map(textOf);
  if (parts.length > 2) throw new InvalidArgumentError(`${form} Not '${textOf(letters)}'.`);
  const name = parts.at(-1)!;
  refuseName(name);
  if (parts.length === 1) return { name };
  const table = parts[0]!;
  if (isTableName(table)) return { name, table };
  throw new InvalidArgumentError(
    `'${table}' cannot be the table of '${name}': it takes up to ${tableBytesMax} of a-z, 0-9 and _, beginning with a letter, and not messages, dead_letters, offsets or sqlite_.`,
  );
}

function refuseName(name: string): void {
  if (name.trim() === '')
    throw new InvalidArgumentError('A state has at least one character that is no blank.');
  if (name.search(unprintable) >= 0) {
    throw new InvalidArgumentError(
      'A state has no control characters, and none that change the direction of text.',
    );
  }
  if (Buffer.byteLength(name) > stateBytesMax) {
    throw new InvalidArgumentError(
      `A state has at most ${stateBytesMax} bytes: '${name.slice(0, 40)}…' has more.`,
    );
  }
  if (reserved.includes(name)) {
    throw new InvalidArgumentError(`No state can be '${name}': reports and JSON mean something else by it.`);
  }
}
