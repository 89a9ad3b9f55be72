/** Pipelines that are odd and sound, and others that are not and look as if they were, as facts on disk. */
import { rmSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { factFlags } from '../../src/check/facts/fact-format.ts';
import { judgeCheck, writeCheck, type MadeCheck, type MadeRecord, type MadeRow } from './made-check.ts';

const row = (id: string, value = '1', category: string | null = 'open'): MadeRow => ({ id, category, value });
const record = (id: string, value = '1', more: Partial<MadeRecord> = {}): MadeRecord => ({
  ...row(id, value),
  partition: 0,
  ...more,
});
const { aborted, dropped, tombstone } = factFlags;
const versioned = <T extends MadeRow>(of: T, version: number): T => ({ ...of, version: String(version) });

async function judged(made: MadeCheck) {
  const written = writeCheck(made, 1);
  try {
    const { audit, found } = await judgeCheck(written);
    const findings = found.map(({ kind, blame, id, sink }) =>
      [kind, blame, id, ...(sink === undefined ? [] : [`in ${sink}`])].join(' '),
    );
    return { verdict: audit.verdict, findings, counts: audit.counts, notChecked: audit.notChecked };
  } finally {
    rmSync(written.path, { recursive: true });
  }
}

const passes = { verdict: 'pass', findings: [] };
const fails = (...findings: string[]) => ({ verdict: 'fail', findings });

describe('declared drops', () => {
  test.for([
    ['before', [record('a', '0', { flags: dropped }), record('a')]],
    ['after', [record('a'), record('a', '0', { flags: dropped })]],
  ] as const)('a drop %s a record with its id takes nothing from it', async ([, records]) => {
    expect(await judged({ records, looks: [[row('a')]] })).toMatchObject(passes);
    const lacking = [...records, record('b')];
    expect(await judged({ records: lacking, looks: [[row('b')]] })).toMatchObject(fails('lost consumer a'));
    expect(await judged({ records, looks: [[row('a', '0')]] })).toMatchObject(fails('corrupted consumer a'));
  });

  test('many drops may share one id, and need no category', async () => {
    const beats = Array.from({ length: 30 }, () => ({ ...record('beat'), category: null, flags: dropped }));
    const records = [record('a'), ...beats];
    const { counts, ...rest } = await judged({ records, looks: [[row('a')]] });
    expect(rest).toMatchObject(passes);
    expect(counts.dropped).toBe(1);
    expect(await judged({ records, looks: [[row('a'), row('beat')]] })).toMatchObject(
      fails('unexpected consumer beat'),
    );
  });

  test('under latest, a newer record that is a drop leaves the one before it in force', async () => {
    const records = [record('a'), record('a', '2', { flags: dropped })];
    const of = (value: string) => judged({ rule: 'latest', records, looks: [[row('a', value)]] });
    expect(await of('1')).toMatchObject(passes);
    expect((await of('2')).findings).toContain('unexpected consumer a');
    expect(await of('3')).toMatchObject(fails('corrupted consumer a'));
  });
});

describe('records outside of the range', () => {
  test('two rows of one record may be of two records, if not all of the topic was read', async () => {
    const looks = [[row('a'), row('a'), row('b')]];
    const records = [record('a'), record('b')];
    expect(await judged({ records, looks })).toMatchObject(fails('duplicated consumer a'));
    expect(await judged({ records, looks, isWholeLife: false })).toMatchObject(fails('duplicated unknown a'));
    const later = [record('a')];
    expect(await judged({ records, looks, later })).toMatchObject(passes);
  });

  test('a second row with other values is one finding if not all of the topic was read', async () => {
    const looks = [[row('a'), row('a', '9')]];
    expect(await judged({ records: [record('a')], looks, isWholeLife: false })).toMatchObject(
      fails('duplicated unknown a'),
    );
    expect((await judged({ records: [record('a')], looks })).findings).toEqual([
      'corrupted consumer a',
      'duplicated consumer a',
    ]);
  });

  test.for([
    ['with another value', row('a', '9')],
    ['in another category', row('a', '1', 'paid')],
  ] as const)(
    'under at-least-once, a row %s beside a right one may be of a record before the range',
    async ([, other]) => {
      const made: MadeCheck = { rule: 'at-least-once', records: [record('a')], looks: [[other, row('a')]] };
      const { counts, ...rest } = await judged({ ...made, isWholeLife: false });
      expect(rest).toMatchObject(passes);
      expect(counts.unrooted).toBe(1);
      expect((await judged(made)).verdict).toBe('fail');
      expect((await judged({ ...made, looks: [[other]], isWholeLife: false })).verdict).toBe('fail');
    },
  );
});

describe('at least once', () => {
  const records = [record('a'), record('a', '2'), record('b'), record('b')];
  const rule = 'at-least-once';

  test('if the records of an id differ, each needs a row, or it is not known whether one was lost', async () => {
    const both = [row('a'), row('a', '2'), row('b')];
    expect(await judged({ rule, records, looks: [both] })).toMatchObject(passes);
    const one = await judged({ rule, records, looks: [[row('a', '2'), row('b')]] });
    expect(one).toMatchObject({ verdict: 'inconclusive', findings: [] });
    expect(one.notChecked).toEqual([expect.stringMatching(/^1 id stands for records that differ/)]);
  });

  test('a row with the values of one record and the category of another is of neither', async () => {
    const differing = [record('a'), { ...record('a', '2'), category: 'paid' }];
    const right = [row('a'), row('a', '2', 'paid')];
    expect(await judged({ rule, records: differing, looks: [right] })).toMatchObject(passes);
    const mixed = [...right, row('a', '1', 'paid')];
    expect(await judged({ rule, records: differing, looks: [mixed] })).toMatchObject(
      fails('corrupted consumer a'),
    );
    const other = [...right, row('a', '1', 'failed')];
    expect(await judged({ rule, records: differing, looks: [other] })).toMatchObject(
      fails('misclassified consumer a'),
    );
  });

  test('a record with a dead letter needs no row of its own', async () => {
    const looks = [[row('a', '2'), row('b')]];
    expect(await judged({ rule, records, looks, letterPlaces: [[0, 0]] })).toMatchObject(passes);
  });
});

describe('versions', () => {
  const records = [record('a', '1', { version: '3' }), record('b', '1', { version: '3' })];
  const made = (of: MadeRow): MadeCheck => ({
    rule: 'latest',
    isVersioned: true,
    records,
    looks: [[of, versioned(row('b'), 3)]],
  });

  test('a row with the version of no record is not right, even with the right values', async () => {
    expect(await judged(made(versioned(row('a'), 3)))).toMatchObject(passes);
    expect(await judged(made(versioned(row('a'), 2)))).toMatchObject(fails('corrupted consumer a'));
    expect(await judged(made(versioned(row('a'), 4)))).toMatchObject(fails('corrupted consumer a'));
  });

  test('a row with the version of a record beyond the range is right', async () => {
    const later = [record('a', '5', { version: '4' })];
    expect(await judged({ ...made(versioned(row('a', '5'), 4)), later })).toMatchObject(passes);
  });

  test('a row between two versions is stale, and nothing else', async () => {
    const two = [record('a', '0', { version: '1' }), ...records];
    expect(await judged({ ...made(versioned(row('a', '7'), 2)), records: two })).toMatchObject(
      fails('stale consumer a'),
    );
  });

  test('either of two records with one version is right', async () => {
    const two = [record('a', '0', { version: '3' }), ...records];
    for (const value of ['0', '1'])
      expect(await judged({ ...made(versioned(row('a', value), 3)), records: two })).toMatchObject(passes);
    const later = [record('a', '5', { version: '3' })];
    expect(await judged({ ...made(versioned(row('a', '5'), 3)), later })).toMatchObject(passes);
  });

  test('a row that a tombstone should have removed is stale', async () => {
    const removed = [...records, record('a', '1', { version: '4', flags: tombstone })];
    expect((await judged({ ...made(versioned(row('a'), 3)), records: removed })).findings).toEqual([
      'stale consumer a',
    ]);
    expect(
      await judged({ ...made(versioned(row('a'), 3)), records: removed, looks: [[versioned(row('b'), 3)]] }),
    ).toMatchObject(passes);
  });
});

test('keys that records beyond the range remove may all have lost their rows', async () => {
  const later = [record('a', '1', { flags: tombstone }), record('b', '1', { flags: tombstone })];
  const records = [record('a'), record('b'), record('c')];
  expect(await judged({ rule: 'latest', records, later, looks: [[row('c')]] })).toMatchObject(passes);
  expect(await judged({ rule: 'latest', records, later, looks: [[row('b')]] })).toMatchObject(
    fails('lost consumer c'),
  );
});

describe('dead letters under latest', () => {
  const records = [record('a'), record('a', '2'), record('b')];
  const rule = 'latest';

  test('that of a record which a newer one has replaced is no finding', async () => {
    const looks = [[row('a', '2'), row('b')]];
    const { counts, ...rest } = await judged({ rule, records, looks, letterPlaces: [[0, 0]] });
    expect(rest).toMatchObject(passes);
    expect(counts.superseded).toBe(1);
  });

  test('one that tells no place is that of the newest', async () => {
    for (const looks of [[[row('b')]], [[row('b'), row('a')]]]) {
      expect(await judged({ rule, records, looks, letters: ['a'] })).toMatchObject(
        fails('wrongly-dead-lettered consumer a'),
      );
    }
    const handled = [[row('a', '2'), row('b')]];
    expect(await judged({ rule, records, looks: handled, letters: ['a'] })).toMatchObject(passes);
  });
});

describe('categories', () => {
  test('a category with the name that stands for none is not that of a row without one', async () => {
    const records = [{ ...record('a'), category: '(none)' }, record('b')];
    const rows = (category: string | null) => [[row('a', '1', category), row('b')]];
    expect(await judged({ records, looks: rows('(none)') })).toMatchObject(passes);
    expect(await judged({ records, looks: rows(null) })).toMatchObject(fails('misclassified consumer a'));
  });
});

describe.each(['once', 'at-least-once', 'latest'] as const)('several sinks, %s', (rule) => {
  const to = (id: string, route: string | null, value = '1') => record(id, value, { route });
  const records = [to('a', '1'), to('b', '2')];

  test('each record is in its own sink', async () => {
    expect(await judged({ rule, records, looks: [[row('a')]], others: [[row('b')]] })).toMatchObject(passes);
  });

  test('a row in the other sink beside that in its own is found, also without a category', async () => {
    for (const category of ['open', null]) {
      const stray = row('b', '1', category);
      expect(await judged({ rule, records, looks: [[row('a'), stray]], others: [[row('b')]] })).toMatchObject(
        fails('misclassified consumer b in 1'),
      );
    }
  });

  test('a row of a record that names no sink is not judged, wherever it is', async () => {
    const open = [...records, to('c', null)];
    for (const looks of [[[row('a')]], [[row('a'), row('c', '9', 'paid')]]]) {
      const found = await judged({ rule, records: open, looks, others: [[row('b')]] });
      expect(found).toMatchObject({ verdict: 'inconclusive', findings: [] });
      expect(found.notChecked[0]).toMatch(/1 record without the name of a sink/);
    }
  });

  test('a record that names no sink does not hide one that does', async () => {
    for (const open of [
      [to('a', null), ...records],
      [...records, to('a', null)],
    ]) {
      const lacking = await judged({ rule, records: open, looks: [[]], others: [[row('b')]] });
      expect(lacking.findings).toEqual(['lost consumer a in 1']);
      const whole = await judged({ rule, records: open, looks: [[row('a')]], others: [[row('b')]] });
      expect(whole.findings).toEqual([]);
    }
  });
});

describe('several sinks of the newest', () => {
  const records = [record('a', '1', { route: '1' }), record('a', '2', { route: '2' })];
  const rule = 'latest';

  test('a key that moves to another sink may stay in the first as it was', async () => {
    const others = [[row('a', '2')]];
    expect(await judged({ rule, records, looks: [[row('a')]], others })).toMatchObject(passes);
    expect(await judged({ rule, records, looks: [[row('a', '2')]], others })).toMatchObject(
      fails('misclassified consumer a in 1'),
    );
    expect(await judged({ rule, records, looks: [[row('a', '3')]], others })).toMatchObject(
      fails('corrupted consumer a in 1'),
    );
  });
});

describe('the detail of a corrupted row', () => {
  async function detailOf(of: MadeRecord, stored: MadeRow, isVersioned = false): Promise<string | undefined> {
    const rule = isVersioned ? 'latest' : 'once';
    const written = writeCheck({ rule, isVersioned, records: [of], looks: [[stored]] }, 1);
    try {
      return (await judgeCheck(written)).found[0]!.detail;
    } finally {
      rmSync(written.path, { recursive: true });
    }
  }
  const differs = 'its row differs: json:value=column:value differs:';

  test.for<[string | null, string | null, string]>([
    ['7', '8', '"7" in the record, "8" in the row'],
    ['', null, '"" in the record, NULL in the row'],
    ['grün', '\u0001', '"grün" in the record, a longer value (XXH64 0200000000000001) in the row'],
    [
      'a long value',
      'another long value',
      'a longer value (XXH64 a171588e4ab34531) in the record, a longer value (XXH64 554459eeb06f0f0b) in the row',
    ],
  ])('has both values: %j and %j', async ([recorded, stored, told]) => {
    expect(await detailOf({ ...record('a'), value: recorded }, { ...row('a'), value: stored })).toBe(
      `${differs} ${told}`,
    );
  });

  test('has both versions', async () => {
    const of = { ...record('a'), version: '3' };
    expect(await detailOf(of, versioned(row('a'), 4), true)).toBe(
      'its row differs: the version differs: 3 in the record, 4 in the row',
    );
  });
});

describe('transactions', () => {
  test('a row of a record that was only aborted is one finding, with any values', async () => {
    const records = [record('a', '1', { flags: aborted }), record('b')];
    for (const stray of [row('a'), row('a', '2'), row('a', '1', 'paid')])
      expect(await judged({ records, looks: [[stray, row('b')]] })).toMatchObject(
        fails('aborted-read consumer a'),
      );
  });

  const records = [record('a', '1', { flags: aborted }), record('a', '2'), record('b')];

  test.for(['once', 'at-least-once', 'latest'] as const)(
    'an id that was aborted and sent again is due once, as it was committed (%s)',
    async (rule) => {
      expect(await judged({ rule, records, looks: [[row('a', '2'), row('b')]] })).toMatchObject(passes);
      expect(await judged({ rule, records, looks: [[row('b')]] })).toMatchObject(fails('lost consumer a'));
      expect((await judged({ rule, records, looks: [[row('a'), row('b')]] })).verdict).toBe('fail');
    },
  );
});
