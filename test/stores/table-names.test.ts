import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  categoryOf,
  chooseTables,
  isTableName,
  tableOf,
  tablesByCategory,
} from '../../src/stores/table-names.ts';

test.each([
  ['failed', 'failed'],
  ['in-progress', 'in_progress'],
  ['a--b-', 'a__b_'],
  ['PENDING', 'pending'],
  ['IN_PROGRESS', 'in_progress'],
  ['In Progress', 'in_progress'],
  ['200', 'state_200'],
  ['-1', 'state__1'],
  ['true', 'true'],
  ['Größe', 'gruf6udfe'],
  ['失敗', 'u5931u6557'],
  ['✅', 'u2705'],
  ['messages', 'state_messages'],
  ['Dead Letters', 'state_dead_letters'],
  ['offsets', 'state_offsets'],
  ['SQLite x', 'state_sqlite_x'],
  ["it's; DROP TABLE x", 'it_s__drop_table_x'],
  ['x'.repeat(56), 'x'.repeat(56)],
  ['x'.repeat(57), `${'x'.repeat(47)}_ae14a256`],
])('the table of %s is %s', (category, table) => {
  expect(tableOf(category)).toBe(table);
});

test('a name that was valid before any text was a state keeps its table, and the table tells it', () => {
  const valid = fc
    .stringMatching(/^[a-z][a-z0-9-]{0,55}$/)
    .filter((name) => !['messages', 'dead-letters', 'offsets'].includes(name) && !name.startsWith('sqlite-'));
  fc.assert(
    fc.property(valid, (name) => {
      expect(tableOf(name)).toBe(name.replaceAll('-', '_'));
      expect(categoryOf(tableOf(name))).toBe(name);
    }),
  );
});

test('any text has a table that both engines accept, and always the same', () => {
  const anyText = fc.oneof(
    fc.string({ unit: 'binary', maxLength: 70 }),
    fc.string({ unit: fc.constantFrom('a', 'Z', '_', '-', '0', 'é'), maxLength: 80 }),
    fc.constantFrom('', '_migrations', 'sqlite_master', 'SQLITE_x', 'messages', '__proto__'),
  );
  fc.assert(
    fc.property(anyText, (text) => {
      expect(isTableName(tableOf(text)), tableOf(text)).toBe(true);
      expect(tableOf(text)).toBe(tableOf(text));
    }),
    { numRuns: 300 },
  );
});

test('a store keeps the table of a category, and no two categories share one', () => {
  const known = new Map([['In Progress', 'mine']]);
  expect(chooseTables(['In Progress', 'b'], known)).toEqual(
    new Map([
      ['In Progress', 'mine'],
      ['b', 'b'],
    ]),
  );
  expect(chooseTables(['In Progress'], known, new Map([['In Progress', 'mine']])).get('In Progress')).toBe(
    'mine',
  );
  expect(() => chooseTables(['In Progress'], known, new Map([['In Progress', 'other']]))).toThrow(
    "has state 'In Progress' in its table mine",
  );
  expect(() => chooseTables(['in_progress'], new Map([['in-progress', 'in_progress']]))).toThrow(
    "has state 'in-progress' in its table in_progress, which state 'in_progress' would get too",
  );
});

test('two tables that claim one category are refused, since one would be overlooked', () => {
  const stated = (table: string, category?: string) => ({ table, category });
  expect([...tablesByCategory([stated('a_b'), stated('x', 'A B'), stated('Theirs', 'y')])]).toEqual([
    ['a-b', 'a_b'],
    ['A B', 'x'],
  ]);
  expect(() => tablesByCategory([stated('failed'), stated('x', 'failed')])).toThrow(
    "The store's tables failed and x both claim the state 'failed'.",
  );
});
