/** What groups, positions, open transactions, dead letters and later records say of rows that are missing or in surplus. */
import { rmSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { refusalOf } from '../../src/check/identity-refusal.ts';
import { factFlags } from '../../src/check/facts/fact-format.ts';
import { isSuspect } from '../../src/check/suspicion.ts';
import { judgeCheck, writeCheck, type MadeCheck, type MadeRecord, type MadeRow } from './made-check.ts';

const row = (id: string, value: string | null = '1', version?: string): MadeRow => ({
  id,
  category: 'open',
  value,
  ...(version !== undefined && { version }),
});
const record = (id: string | null, value = '1', more: Partial<MadeRecord> = {}): MadeRecord => ({
  ...row('', value),
  id,
  partition: 0,
  ...more,
});
const { aborted, tombstone } = factFlags;

async function judged(made: MadeCheck) {
  const written = writeCheck(made, 1);
  try {
    const { audit, found, tallies } = await judgeCheck(written);
    const findings = found.map(({ kind, blame, id }) => `${kind} ${blame} ${id}`);
    const refused = refusalOf(written.record, tallies)?.error([]).message;
    return { verdict: audit.verdict, findings, notChecked: audit.notChecked, refused, counts: audit.counts };
  } finally {
    rmSync(written.path, { recursive: true });
  }
}

async function suspects(made: MadeCheck): Promise<boolean> {
  const written = writeCheck(made, 1);
  try {
    return isSuspect(await judgeCheck(written), written.record);
  } finally {
    rmSync(written.path, { recursive: true });
  }
}

const passes = { verdict: 'pass', findings: [], refused: undefined };
const opens = (sentence: RegExp) => ({
  verdict: 'inconclusive',
  findings: [],
  notChecked: expect.arrayContaining([expect.stringMatching(sentence)]),
});
const fails = (...findings: string[]) => ({ verdict: 'fail', findings });

describe('how far the consumer has come', () => {
  const records = [record('a'), record('b'), record('c')];
  const looks = [[row('a')]];

  test('below the commit of a group it is lost, above it may come', async () => {
    expect(await judged({ records, looks, committed: [2] })).toMatchObject(fails('lost consumer b'));
    expect(await judged({ records, looks, committed: [1] })).toMatchObject(opens(/not drained/));
    expect(await judged({ records, looks, committed: [null] })).toMatchObject(opens(/not drained/));
  });

  test('so it is with the positions that a sink tells, of which the lowest counts', async () => {
    expect(await judged({ records, looks, positions: [[0, 0, 2]] })).toMatchObject(fails('lost consumer b'));
    const two: MadeCheck['positions'] = [
      [0, 0, 3],
      [0, 0, 1],
    ];
    expect(await judged({ records, looks, positions: two })).toMatchObject(opens(/not drained/));
  });

  test('from an open transaction on, nothing is due yet', async () => {
    expect(await judged({ records, looks, stable: [1] })).toMatchObject(opens(/not drained/));
    expect(await judged({ records, looks, stable: [2] })).toMatchObject(fails('lost consumer b'));
  });

  test.for([
    ['retention', 'once', true],
    ['retention', 'latest', true],
    ['compaction', 'once', true],
    ['compaction', 'latest', false],
  ] as const)('a sink with %s may lack rows, under %s: %s', async ([by, rule, isOpen]) => {
    const found = await judged({ rule, records: records.slice(0, 2), looks, holes: [by] });
    expect(found).toMatchObject(isOpen ? opens(/not seen in the store/) : fails('lost consumer b'));
  });
});

describe('dead letters', () => {
  test('a record without an id or a category is right among them', async () => {
    const records = [record('a'), record(null), { ...record('c'), category: null }];
    const looks = [[row('a')]];
    const right = await judged({
      records,
      looks,
      letterPlaces: [
        [0, 1],
        [0, 2],
      ],
    });
    expect(right).toMatchObject(passes);
    expect(right.notChecked).toEqual([
      expect.stringMatching(/^1 record without an id: among the dead letters/),
    ]);
    expect((await judged({ records, looks, letterPlaces: [[0, 2]] })).verdict).toBe('inconclusive');
    expect(await judged({ records, looks, letterPlaces: [[0, 1]] })).toMatchObject(fails('lost consumer c'));
  });

  test('any record of an id may have one', async () => {
    const records = [record('a'), record('b'), record('b')];
    const found = await judged({
      rule: 'at-least-once',
      records,
      looks: [[row('a')]],
      letterPlaces: [[0, 2]],
    });
    expect(found).toMatchObject(fails('wrongly-dead-lettered consumer b'));
  });

  test('one of an id that no record has says nothing', async () => {
    expect(await judged({ records: [record('a')], looks: [[row('a')]], letters: ['x'] })).toMatchObject(
      passes,
    );
  });
});

describe('records beyond the range', () => {
  const records = [record('a'), record('b')];
  const both = [row('a'), row('b')];

  test('explain a row of their own, unless they were aborted', async () => {
    const looks = [[...both, row('x')]];
    expect(await judged({ records, looks, later: [record('x')] })).toMatchObject(passes);
    expect(await judged({ records, looks, later: [record('x', '1', { flags: aborted })] })).toMatchObject(
      fails('phantom consumer x'),
    );
  });

  test('a row of theirs in an earlier look does not stand for that of the record before', async () => {
    const looks = [[row('a'), row('b', '2')], [row('a')]];
    expect(await judged({ records, looks, later: [record('b', '2')] })).toMatchObject(
      fails('lost consumer b'),
    );
    const several = [record('b', '2'), record('b', '3')];
    expect(await judged({ records, looks, later: several })).toMatchObject(fails('lost consumer b'));
  });

  test('with several copies in the range, a row that is like one of them is of the range', async () => {
    const copies = [record('a'), record('b'), record('b', '5')];
    const looks = [[row('a'), row('b'), row('b', '5')]];
    expect((await judged({ records: copies, looks, later: [record('b')] })).findings).toEqual([
      'duplicated producer b',
    ]);
  });
});

describe('two looks', () => {
  test('a row that vanished from one of several sinks is looked for again', async () => {
    const records = [record('a', '1', { route: '1' }), record('b', '1', { route: '2' })];
    const made: MadeCheck = { records, looks: [[row('a')], []], others: [[row('b')], [row('b')]] };
    expect(await suspects(made)).toBe(true);
    expect(await suspects({ ...made, looks: [[row('a')], [row('a')]] })).toBe(false);
  });

  test('what a sink may have removed is looked for again, and nothing else', async () => {
    const made: MadeCheck = {
      records: [record('a'), record('b')],
      looks: [[row('a')]],
      holes: ['retention'],
    };
    expect(await suspects(made)).toBe(true);
    expect(await suspects({ ...made, looks: [[row('a'), row('b')]] })).toBe(false);
    expect(await suspects({ records: [record('a'), record('b')], looks: [[row('a')]], committed: [1] })).toBe(
      false,
    );
  });

  test('a row of a key that is removed by now is not stale', async () => {
    const records = [record('a'), record('b'), record('a', '1', { flags: tombstone })];
    const looks = [[row('a'), row('b')], [row('b')]];
    expect(await judged({ rule: 'latest', records, looks })).toMatchObject(passes);
  });

  test('in a sink that never comes to rest, a row that is like one of its records is right', async () => {
    const records = [record('a'), record('b'), record('b', '2')];
    const written = writeCheck({ rule: 'at-least-once', records, looks: [[], [row('a'), row('b', '2')]] }, 1);
    written.record.isUndrained = true;
    try {
      expect((await judgeCheck(written)).audit.acknowledged).toMatchObject({ right: 2, unjudged: 0 });
    } finally {
      rmSync(written.path, { recursive: true });
    }
  });
});

describe('under latest', () => {
  const rule = 'latest';

  test('a row of a newer record beyond the range is right', async () => {
    const made: MadeCheck = { rule, records: [record('a'), record('b')], looks: [[row('a', '2'), row('b')]] };
    expect(await judged({ ...made, later: [record('a', '2')] })).toMatchObject(passes);
    expect(await judged({ ...made, later: [record('a', '3')] })).toMatchObject(fails('corrupted consumer a'));
  });

  test('two rows of a key are doubled, also if one is old', async () => {
    const records = [record('a'), record('a', '2'), record('b')];
    for (const other of ['1', '2', '3'])
      expect(
        (await judged({ rule, records, looks: [[row('a', '2'), row('a', other), row('b')]] })).findings,
      ).toContain('duplicated consumer a');
  });

  test('a row of the look before stands for one that the last look misses, and not beside one', async () => {
    const records = [record('a'), record('a', '2'), record('b')];
    const before = [row('a'), row('b')];
    expect(await judged({ rule, records, looks: [before, [row('a', '2'), row('b')]] })).toMatchObject(passes);
    expect((await judged({ rule, records, looks: [before, [row('a', '2')]] })).findings).toEqual([]);
  });

  test('a row that a tombstone should have removed is stale, with any values and any version', async () => {
    const records = [record('a'), record('b'), record('a', '1', { flags: tombstone })];
    for (const value of ['1', '7'])
      expect((await judged({ rule, records, looks: [[row('a', value), row('b')]] })).findings).toContain(
        'stale consumer a',
      );
    expect(await judged({ rule, records, looks: [[row('b')]] })).toMatchObject(passes);
    const isVersioned = true;
    const told = records.map((each, index) => ({ ...each, version: String(index) }));
    for (const version of ['0', '2', '5', undefined])
      expect(
        (
          await judged({
            rule,
            isVersioned,
            records: told,
            looks: [[row('a', '1', version), row('b', '1', '1')]],
          })
        ).findings,
      ).toContain('stale consumer a');
  });

  test('a tombstone needs no category, another record does', async () => {
    const nothing = { category: null };
    const records = [record('a'), record('b'), record('a', '1', { flags: tombstone, ...nothing })];
    expect(await judged({ rule, records, looks: [[row('b')]] })).toMatchObject(passes);
    const untold = [record('a', '1', nothing), record('b')];
    expect(await judged({ rule, records: untold, looks: [[row('a'), row('b')]] })).toMatchObject(
      opens(/without a category/),
    );
  });

  test('records and rows that tell no version are judged by values and offsets', async () => {
    const isVersioned = true;
    const records = [
      record('a', '1', { version: '1' }),
      record('a', '2'),
      record('b', '1', { version: '1' }),
    ];
    const of = async (told: MadeRow) =>
      (await judged({ rule, isVersioned, records, looks: [[told, row('b', '1', '1')]] })).findings;
    expect(await of(row('a', '2'))).toEqual([]);
    expect(await of(row('a', '1', '1'))).toEqual(['stale consumer a']);
    const falling = [record('a', '1', { version: '2' }), record('a', '2', { version: '1' })];
    const found = async (told: MadeRow) =>
      (await judged({ rule, isVersioned, records: falling, looks: [[told]] })).findings;
    expect(await found(row('a', '1'))).toEqual([]);
    expect(await found(row('a', '2'))).toEqual(['stale consumer a']);
    expect(await found(row('a', '1', '2'))).toEqual([]);
    expect(await found(row('a', '2', '1'))).toEqual(['stale consumer a']);
  });

  test('a later record with the version or the values of a row alone does not make it right', async () => {
    const isVersioned = true;
    const records = [record('a', '1', { version: '2' }), record('b', '1', { version: '1' })];
    const later = [record('a', '5', { version: '3' })];
    const of = async (told: MadeRow) =>
      (await judged({ rule, isVersioned, records, later, looks: [[told, row('b', '1', '1')]] })).findings;
    expect(await of(row('a', '5', '3'))).toEqual([]);
    expect(await of(row('a', '5', '2'))).toEqual(['corrupted consumer a']);
    expect(await of(row('a', '5', '9'))).toEqual(['corrupted consumer a']);
  });

  test('in a topic, the last row of a key counts, and one without a value removes it', async () => {
    const records = [
      record('a'),
      record('a', '2'),
      record('b'),
      record('c'),
      record('c', '1', { flags: tombstone }),
    ];
    const made = (...looks: MadeRow[]): MadeCheck => ({ rule, records, looks: [looks], isTopic: true });
    const right = [row('a'), row('a', '2'), row('b'), row('c'), row('c', null), row('x'), row('x', null)];
    expect(await judged(made(...right))).toMatchObject(passes);
    expect(await judged(made(...right, row('a')))).toMatchObject(fails('stale consumer a'));
    expect(await judged(made(...right, row('c')))).toMatchObject(fails('stale consumer c'));
    expect(await judged(made(...right, row('b', null)))).toMatchObject(fails('lost consumer b'));
    expect(await judged(made(...right, row('x')))).toMatchObject(fails('phantom consumer x'));
    expect(
      (await judged({ ...made(row('a', null), row('b', null)), records: records.slice(0, 3) })).refused,
    ).toBe(undefined);
  });
});

describe('ids that do not identify', () => {
  const many = (count: number): MadeRecord[] => Array.from({ length: count }, (_, at) => record(`r${at}`));
  const rowsOf = (records: readonly MadeRecord[]): MadeRow[] => records.map(({ id }) => row(id!));

  test('ten repeated ids of many are refused, if they are more than one in a hundred', async () => {
    for (const [count, again, isRefused] of [
      [900, 10, true],
      [900, 9, false],
      [1000, 10, false],
      [1000, 11, true],
    ] as const) {
      const records = [...many(count), ...many(again)];
      const { refused } = await judged({ records, looks: [rowsOf(many(count))] });
      expect([count, again, refused !== undefined]).toEqual([count, again, isRefused]);
      const rows = await judged({
        records: many(count),
        looks: [[...rowsOf(many(count)), ...rowsOf(many(again))]],
      });
      expect([count, again, rows.refused !== undefined]).toEqual([count, again, isRefused]);
    }
  });

  test('ids of which none is on both sides are refused', async () => {
    const records = [record('a')];
    expect((await judged({ records, looks: [[row('x')]] })).refused).toMatch(/^No id of the topic is in/);
    expect((await judged({ records, looks: [[]] })).refused).toBe(undefined);
    expect((await judged({ records: [], looks: [[row('x')]] })).refused).toBe(undefined);
    expect((await judged({ records, looks: [[row('x'), row('a')]] })).refused).toBe(undefined);
  });
});
