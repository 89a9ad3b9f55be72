/**
 * The name of the table that holds a category's rows is the category's name with `_` for `-`. State names contain no
 * `_`, so the name of a table determines its category.
 */

export const tableOf = (category: string): string => category.replaceAll('-', '_');
export const categoryOf = (table: string): string => table.replaceAll('_', '-');

/** Names are checked before they are quoted, because they come from the user. */
export function quoted(table: string): string {
  if (!/^[A-Za-z_][A-Za-z0-9_]{0,62}$/.test(table)) throw new Error(`not a table name: ${table}`);
  return `"${table}"`;
}
