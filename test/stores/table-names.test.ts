import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  categoryOf,
  chooseTables,
  isTableName,
  tableOf,
  tablesByCategory,
  tablesOf,
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

/** Texts of which many have one first name. */
const anyText = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 70 }),
  fc.string({ unit: fc.constantFrom('a', 'Z', '_', '-', '0', 'é'), maxLength: 80 }),
  fc.string({ unit: fc.constantFrom('a', 'A', '_', '-', ' '), minLength: 1, maxLength: 3 }),
  fc.string({ unit: fc.constantFrom('x', 'X'), minLength: 55, maxLength: 58 }),
  fc.constantFrom('', '_migrations', 'sqlite_master', 'SQLITE_x', 'messages', 'state_messages', '__proto__'),
  fc.constantFrom('In Progress', 'in progress', 'IN PROGRESS').map((text) => tablesOf(text)[1]!),
);

test('any text has tables that both engines accept, and always the same', () => {
  fc.assert(
    fc.property(anyText, (text) => {
      for (const name of tablesOf(text)) expect(isTableName(name), name).toBe(true);
      expect(tablesOf(text)).toEqual(tablesOf(text));
      expect(tablesOf(text)[0]).toBe(tableOf(text));
    }),
    { numRuns: 300 },
  );
});

test.each<[string[], Record<string, string>]>([
  [
    ['PENDING', 'IN_PROGRESS', '200', 'In Progress'],
    {
      PENDING: 'pending',
      IN_PROGRESS: 'in_progress',
      '200': 'state_200',
      'In Progress': 'in_progress_b4cc4b07',
    },
  ],
  [
    ['In Progress', 'IN_PROGRESS', 'in_progress', 'in-progress'],
    {
      'in-progress': 'in_progress',
      in_progress: 'in_progress_HASH',
      IN_PROGRESS: 'in_progress_HASH',
      'In Progress': 'in_progress_HASH',
    },
  ],
  [['FAILED', 'failed'], { failed: 'failed', FAILED: 'failed_HASH' }],
  [['200', 'state-200'], { 'state-200': 'state_200', '200': 'state_200_HASH' }],
  [['ü', 'ufc'], { ufc: 'ufc', ü: 'ufc_HASH' }],
  [['In_Progress', 'IN_Progress'], { IN_Progress: 'in_progress', In_Progress: 'in_progress_HASH' }],
  [
    ['x'.repeat(56), 'X'.repeat(56)],
    { ['x'.repeat(56)]: 'x'.repeat(56), ['X'.repeat(56)]: `${'x'.repeat(47)}_HASH` },
  ],
])(
  'of %j, the one that looks most like the name has it, and the others end with a hash',
  (states, tables) => {
    const hash = (state: string): string => createHash('sha256').update(state).digest('hex').slice(0, 8);
    const expected = Object.entries(tables).map(([state, table]) => [
      state,
      table.replace('HASH', hash(state)),
    ]);
    expect(Object.fromEntries(chooseTables(states, new Map()))).toEqual(Object.fromEntries(expected));
  },
);

test('if a table with a short hash is taken, a longer one follows', () => {
  const [first, short, long] = tablesOf('In Progress');
  const chosen = chooseTables(['in-progress', 'In Progress', short!], new Map());
  expect(chosen).toEqual(
    new Map([
      ['in-progress', first],
      [short, short],
      ['In Progress', long],
    ]),
  );
  expect(long).toMatch(/^in_progress_[0-9a-f]{40}$/);
  // Only a user can have taken all three.
  const named = new Map([first, short, long].map((table, index) => [`s${index}`, table!]));
  expect(() => chooseTables(['s0', 's1', 's2', 'In Progress'], new Map(), named)).toThrow(
    "which state 'In Progress' would get too",
  );
});

const states = fc.uniqueArray(anyText, { maxLength: 20 });

test('the tables of any states differ, are names that both engines accept, and do not depend on the order', () => {
  const sets = fc.tuple(states, fc.func(fc.integer()));
  fc.assert(
    fc.property(sets, ([list, chance]) => {
      const chosen = chooseTables(list, new Map());
      expect([...chosen.keys()].toSorted()).toEqual(list.toSorted());
      expect(new Set(chosen.values()).size).toBe(list.length);
      for (const table of chosen.values()) expect(isTableName(table), table).toBe(true);
      const shuffled = list.toSorted((one, other) => chance(one) - chance(other));
      expect(chooseTables(shuffled, new Map())).toEqual(chosen);
      const told = list.filter((state) => categoryOf(tableOf(state)) === state);
      expect(told.map((state) => chosen.get(state))).toEqual(told.map(tableOf));
    }),
  );
});

test('a store keeps its tables as states are added in any order, and with the names of a user', () => {
  const named = fc.dictionary(fc.nat(19).map(String), fc.nat(19), { maxKeys: 3 });
  fc.assert(
    fc.property(states, states, named, (list, more, names) => {
      const before = chooseTables(list, new Map());
      const all = [...new Set([...more, ...list])];
      const after = chooseTables(all, before);
      for (const [state, table] of before) expect(after.get(state)).toBe(table);
      expect(new Set(after.values()).size).toBe(all.length);
      expect(chooseTables(all.toReversed(), before)).toEqual(after);
      // Names that a user gives new states: first names of other states, perhaps.
      const given = new Map<string, string>();
      for (const [index, other] of Object.entries(names)) {
        const [state, table] = [all[Number(index)], tableOf(all[other] ?? 'mine')];
        const isTaken = [...before.values(), ...given.values()].includes(table);
        if (state !== undefined && !before.has(state) && !isTaken) given.set(state, table);
      }
      const mixed = chooseTables(all, before, given);
      for (const [state, table] of [...before, ...given]) expect(mixed.get(state)).toBe(table);
      expect(new Set(mixed.values()).size).toBe(all.length);
    }),
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
  expect(chooseTables(['in-progress'], new Map([['In Progress', 'in_progress']])).get('in-progress')).toMatch(
    /^in_progress_[0-9a-f]{8}$/,
  );
  expect(() => chooseTables(['b'], new Map([['a', 'a']]), new Map([['b', 'a']]))).toThrow(
    "has state 'a' in its table a, which state 'b' would get too",
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
