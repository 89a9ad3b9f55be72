import { InvalidArgumentError } from 'commander';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  categoryText,
  parseCategory,
  parseStates,
  problemOfTables,
  statesText,
  type NamedState,
} from '../../../src/cli/options/parse-states.ts';
import { isTableName } from '../../../src/stores/table-names.ts';

const state = (name: string, more: Partial<NamedState> = {}): NamedState => ({ name, weight: 1, ...more });

describe('--states', () => {
  test.each<[string, NamedState[]]>([
    ['failed,in-progress=8', [state('failed'), state('in-progress', { weight: 8 })]],
    [
      'PENDING,IN_PROGRESS,200,In Progress',
      ['PENDING', 'IN_PROGRESS', '200', 'In Progress'].map((name) => state(name)),
    ],
    ['failed,failed:FAILED', [state('failed'), state('FAILED', { table: 'failed' })]],
    [
      'in-progress,In Progress,ü,ufc,messages,state_messages',
      ['in-progress', 'In Progress', 'ü', 'ufc', 'messages', 'state_messages'].map((name) => state(name)),
    ],
    [' failed , In Progress = 3 ', [state('failed'), state('In Progress', { weight: 3 })]],
    ['in_progress:IN_PROGRESS', [state('IN_PROGRESS', { table: 'in_progress' })]],
    ['a1:In Progress=8', [state('In Progress', { table: 'a1', weight: 8 })]],
    [String.raw`a\=3,b\,c,d\:e,f\\g`, ['a=3', 'b,c', 'd:e', 'f\\g'].map((name) => state(name))],
    [String.raw`\ a\ `, [state(' a ')]],
    ['失敗,✅,Größe', ['失敗', '✅', 'Größe'].map((name) => state(name))],
    ['messages,offsets,sqlite-x', ['messages', 'offsets', 'sqlite-x'].map((name) => state(name))],
    ['"failed"', [state('"failed"')]],
  ])('%s is read', (text, expected) => {
    expect(parseStates(text)).toEqual(expected);
  });

  test.each([
    ['', 'at least one character'],
    ['a,', 'at least one character'],
    [' ', 'at least one character'],
    [String.raw`\ `, 'at least one character'],
    ['a\u0007b', 'control characters'],
    ['a\u202eb', 'direction of text'],
    ['é'.repeat(129), 'at most 256 bytes'],
    ['a=0', 'weight'],
    ['a=-1', 'weight'],
    ['a=x', 'weight'],
    ['a=', 'weight'],
    ['a=1=2', 'weight'],
    ['a=1000001', 'weight'],
    ['in-progress=IN_PROGRESS', 'in_progress:IN_PROGRESS'],
    ['a:b:c', String.raw`\:`],
    [String.raw`a\b`, String.raw`Not \b`],
    ['a\\', 'at the end'],
    ['a,a', "'a' is given twice"],
    ['1a:b', "'1a' cannot be the table of 'b'"],
    ['A:b', "'A' cannot be the table"],
    [`${'a'.repeat(57)}:b`, 'cannot be the table'],
    ['messages:b', 'cannot be the table'],
    ['_categories:b', 'cannot be the table'],
    ['sqlite_x:b', 'cannot be the table'],
    ['dead-letters', "No state can be 'dead-letters'"],
    ['(missing)', "No state can be '(missing)'"],
    ['__proto__', "No state can be '__proto__'"],
    [Array.from({ length: 65 }, (_, index) => `s${index}`).join(), 'at most 64'],
  ])('%j is refused: %s', (text, words) => {
    expect(() => parseStates(text)).toThrow(words);
  });

  test('two states with one named table are refused, and the error names both and a way on, which is accepted', () => {
    for (const table of ['a', 'x'.repeat(56)]) {
      const text = (): unknown => parseStates(`${table}:B,${table}:C`);
      expect(text).toThrow(`'B' and 'C' cannot both have the table ${table}. Name another one, such as`);
      const named = ['B', 'C'].map((name) => ({ name, table }));
      const [, proposed] = /such as (.*)\.$/.exec(problemOfTables(named)!)!;
      expect(parseStates(`${table}:B,${proposed}`)).toHaveLength(2);
    }
  });
});

test('the category of --other has a name and perhaps a table, and no weight', () => {
  expect(parseCategory('rest')).toEqual({ name: 'rest' });
  expect(parseCategory('The Rest')).toEqual({ name: 'The Rest' });
  expect(parseCategory('rest:The Rest')).toEqual({ name: 'The Rest', table: 'rest' });
  expect(parseCategory(String.raw`a\=1`)).toEqual({ name: 'a=1' });
  for (const value of ['', ' ', 'a=1', 'a,b', 'dead-letters', 'a:b:c', 'A:b', 'x'.repeat(257)]) {
    expect(() => parseCategory(value), value).toThrow(InvalidArgumentError);
  }
});

test('any states are written such that they are read as the same', () => {
  const name = fc
    .oneof(
      fc.string({ unit: 'grapheme', minLength: 1, maxLength: 20 }),
      fc.string({ unit: fc.constantFrom(',', '=', ':', '\\', ' ', 'a', '1'), minLength: 1, maxLength: 8 }),
    )
    .filter(
      (text) => text.trim() !== '' && !/[\p{Cc}\p{Cs}\u2028\u2029\u202a-\u202e\u2066-\u2069]/u.test(text),
    )
    .filter((text) => !['dead-letters', '(missing)', '__proto__'].includes(text));
  const table = fc.stringMatching(/^[a-z][a-z0-9_]{0,20}$/).filter(isTableName);
  const states = fc.uniqueArray(
    fc.record(
      { name, weight: fc.integer({ min: 1, max: 1_000_000 }), table },
      { requiredKeys: ['name', 'weight'] },
    ),
    { minLength: 1, maxLength: 8, selector: (each) => each.name },
  );
  fc.assert(
    fc.property(states, (list) => {
      for (const { name, table } of list) {
        const category = table === undefined ? { name } : { name, table };
        expect(parseCategory(categoryText(category))).toEqual(category);
      }
      fc.pre(problemOfTables(list) === undefined);
      expect(parseStates(statesText(list))).toEqual(list);
    }),
  );
});
