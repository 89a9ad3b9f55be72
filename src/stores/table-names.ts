/**
 * The name of the table that holds a category's rows. Capitals of ASCII become small, other characters of ASCII than
 * letters and digits become `_`, and each character beyond ASCII becomes `u` and its code point: `In Progress` has the
 * table `in_progress`. A name that no table may have gets `state_` before it, and a long one ends with a hash. So two
 * categories may have one name: then the user names the table of one of them. A store knows which category each of its
 * tables holds.
 */
import { createHash } from 'node:crypto';
import { unavailableError } from '../errors.ts';

export type Tables = ReadonlyMap<string, string>;

/** PostgreSQL cuts names at 63 bytes, and the name of a table's index is longer than the table's. */
export const tableBytesMax = 56;
const hashDigits = 8;
const otherTables = ['messages', 'dead_letters', 'offsets'];

/** Whether a category's table may have this name: tables whose names begin with `_` are the store's own. */
export const isTableName = (name: string): boolean =>
  /^[a-z][a-z0-9_]*$/.test(name) &&
  name.length <= tableBytesMax &&
  !otherTables.includes(name) &&
  !name.startsWith('sqlite_');

/** The table of a category if the user named none. */
export function tableOf(category: string): string {
  const plain = Array.from(category, tableLetters).join('');
  const isUsable = /^[a-z]/.test(plain) && !otherTables.includes(plain) && !plain.startsWith('sqlite_');
  const name = isUsable ? plain : `state_${plain}`;
  if (name.length <= tableBytesMax) return name;
  const hash = createHash('sha256').update(category).digest('hex').slice(0, hashDigits);
  return `${name.slice(0, tableBytesMax - hashDigits - 1)}_${hash}`;
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
 * The table of each category: where the store has it, otherwise the one that the user named, otherwise `tableOf`.
 * Throws `unavailable` if the store has the category elsewhere than named, or has another one in that table.
 */
export function chooseTables(
  categories: readonly string[],
  known: Tables,
  named: Tables = new Map(),
): Map<string, string> {
  const holders = new Map([...known].map(([category, table]) => [table, category]));
  return new Map(
    categories.map((category) => {
      const kept = known.get(category);
      const table = named.get(category) ?? kept ?? tableOf(category);
      if (kept !== undefined && kept !== table) {
        throw unavailableError(
          `The store has state '${category}' in its table ${kept}, and it was to be in ${table}.`,
          { hint: 'Leave out the name of the table, or name another store with --store.' },
        );
      }
      const holder = holders.get(table);
      if (holder !== undefined && holder !== category) {
        throw unavailableError(
          `The store has state '${holder}' in its table ${table}, which state '${category}' would get too.`,
          {
            hint: `Name another table, as in --states 'TABLE:STATE', or another store with --store.`,
          },
        );
      }
      return [category, table];
    }),
  );
}

/** Names are checked before they are quoted, because they come from the user. */
export function quoted(table: string): string {
  if (!/^[A-Za-z_][A-Za-z0-9_]{0,62}$/.test(table)) throw new Error(`not a table name: ${table}`);
  return `"${table}"`;
}
