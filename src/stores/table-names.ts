/**
 * The names of the tables that hold a category's rows: the category's own, with `-` as `_`. State names
 * hold no `_`, so that the name of a table tells its category.
 */

export const tableOf = (category: string): string => category.replaceAll('-', '_');
export const categoryOf = (table: string): string => table.replaceAll('_', '-');

/** Names are matched before they are quoted: they come from the user. */
export function quoted(table: string): string {
  if (!/^[A-Za-z_][A-Za-z0-9_]{0,62}$/.test(table)) throw new Error(`not a table name: ${table}`);
  return `"${table}"`;
}
