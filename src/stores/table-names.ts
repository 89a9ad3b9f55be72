/**
 * The tables that hold the rows of categories, and their names. Capitals of ASCII become small, other characters of ASCII
 * than letters and digits become `_`, and each character beyond ASCII becomes `u` and its code point: `In Progress` has
 * the table `in_progress`. A name that no table may have gets `state_` before it, and a long one ends with a hash. If
 * two categories would share a name, the one that looks most like it keeps it, and the other one's ends with a hash. A
 * store keeps a category where it has it, and knows which category each of its tables holds.
 */
import { createHash } from 'node:crypto';
import { unavailableError } from '../errors.ts';

export type Tables = ReadonlyMap<string, string>;

/** PostgreSQL cuts names at 63 bytes, and the name of a table's index is longer than the table's. */
export const tableBytesMax = 56;
/** The digits of a SHA-256 in a name. All 40 are for names of 8 that collide. */
const hashDigits = [8, 40] as const;
const otherTables = ['messages', 'dead_letters', 'offsets'];

/** Whether a category's table may have this name: tables whose names begin with `_` are the store's own. */
export const isTableName = (name: string): boolean =>
  /^[a-z][a-z0-9_]*$/.test(name) &&
  name.length <= tableBytesMax &&
  !otherTables.includes(name) &&
  !name.startsWith('sqlite_');

/** The table of a category if the user named none, and no other category has it. */
export function tableOf(category: string): string {
  const name = plainName(category);
  return name.length <= tableBytesMax ? name : withHash(category, hashDigits[0]);
}

/** The names that nodrop may give to the table of a category; each is for the case that others have those before it. */
export const tablesOf = (category: string): string[] => [
  tableOf(category),
  ...hashDigits.map((digits) => withHash(category, digits)),
];

function plainName(category: string): string {
  const plain = Array.from(category, tableLetters).join('');
  const isUsable = /^[a-z]/.test(plain) && !otherTables.includes(plain) && !plain.startsWith('sqlite_');
  return isUsable ? plain : `state_${plain}`;
}

function withHash(category: string, digits: number): string {
  const hash = createHash('sha256').update(category).digest('hex').slice(0, digits);
  return `${plainName(category).slice(0, tableBytesMax - digits - 1)}_${hash}`;
}

function tableLetters(character: string): string {
  if (/[a-z0-9]/.test(character)) return character;
  if (/[A-Z]/.test(character)) return character.toLowerCase();
  const code = character.codePointAt(0)!;
  return code < 0x80 ? '_' : `u${code.toString(16)}`;
}

/** The category of a table whose store says nothing else: no capital, blank or `_` was in the categories of old stores. */
export const categoryOf = (table: string): string => table.replaceAll('_', '-');

/**
 * Each category with its table, from a store's tables with what the store says of their category, if anything. A user
 * may have added tables with names that no category's table has: they do not count. Throws `unavailable` if two tables
 * claim one category: one of them would be overlooked.
 */
export function tablesByCategory(
  found: Iterable<{ table: string; category: string | undefined }>,
): Map<string, string> {
  const tables = new Map<string, string>();
  for (const { table, category = categoryOf(table) } of found) {
    if (!/^[a-z][a-z0-9_]*$/.test(table)) continue;
    const other = tables.get(category);
    if (other !== undefined) {
      throw unavailableError(`The store's tables ${other} and ${table} both claim the state '${category}'.`, {
        hint: 'Each should have a state of its own: one of the tables was changed by hand.',
      });
    }
    tables.set(category, table);
  }
  return tables;
}

/**
 * The table of each category: where the store has it, otherwise the one that the user named, otherwise one of `tablesOf`
 * that is free. The order of the categories changes nothing. Throws `unavailable` if the store has the category elsewhere
 * than named, or has another one in that table.
 */
export function chooseTables(
  categories: readonly string[],
  known: Tables,
  named: Tables = new Map(),
): Map<string, string> {
  const holders = new Map([...known].map(([category, table]) => [table, category]));
  const chosen = new Map<string, string>();
  const choose = (category: string, table: string): void => {
    holders.set(table, category);
    chosen.set(category, table);
  };
  for (const category of categories) {
    const kept = known.get(category);
    const table = named.get(category) ?? kept;
    if (table === undefined) continue;
    refuseMove(category, kept, table);
    refuseHeld(category, table, holders.get(table));
    choose(category, table);
  }
  const others = categories.filter((category) => !chosen.has(category)).toSorted(byLikeness);
  // All first names are given before any second one: a second one may be the first of another category.
  for (let index = 0; index <= hashDigits.length; index++) {
    for (const category of others) {
      const table = tablesOf(category)[index]!;
      if (!chosen.has(category) && !holders.has(table)) choose(category, table);
    }
  }
  for (const category of others) {
    if (!chosen.has(category)) refuseHeld(category, tableOf(category), holders.get(tableOf(category)));
  }
  return chosen;
}

/** Which of two categories of one name keeps it: `in-progress`, `in_progress`, `IN_PROGRESS`, `In Progress`. */
const byLikeness = (one: string, other: string): number =>
  unlikeness(one) - unlikeness(other) || (one < other ? -1 : 1);

function unlikeness(category: string): number {
  const table = tableOf(category);
  const place = [categoryOf(table), table].indexOf(category);
  if (place >= 0) return place;
  return category.toLowerCase() === table ? 2 : 3;
}

function refuseMove(category: string, kept: string | undefined, table: string): void {
  if (kept === undefined || kept === table) return;
  throw unavailableError(
    `The store has state '${category}' in its table ${kept}, and it was to be in ${table}.`,
    {
      hint: 'Leave out the name of the table, or name another store with --store.',
    },
  );
}

function refuseHeld(category: string, table: string, holder: string | undefined): void {
  if (holder === undefined || holder === category) return;
  throw unavailableError(
    `The store has state '${holder}' in its table ${table}, which state '${category}' would get too.`,
    { hint: `Name another table, as in --states 'TABLE:STATE', or another store with --store.` },
  );
}

/** Names are checked before they are quoted, because they come from the user. */
export function quoted(table: string): string {
  if (!/^[A-Za-z_][A-Za-z0-9_]{0,62}$/.test(table)) throw new Error(`not a table name: ${table}`);
  return `"${table}"`;
}
