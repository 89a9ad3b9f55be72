/** The rules `at-least-once` and `latest`: what the store must have, what is counted, and what is a finding. */
import { describe, expect, test } from 'vitest';
import type { Rule } from '../../../src/audit/rules.ts';
import { asTopic } from './as-topic.ts';
import { testDefects } from './defect-cases.ts';
import {
  alter,
  auditOf,
  committed,
  findingsOf,
  journal,
  logged,
  message,
  missing,
  position,
  range,
  sent,
  stored,
  unwritten,
  without,
  written,
  type Change,
} from './healthy-history.ts';
import type { Subject } from './build-evidence.ts';

const rule =
  (name: Rule): Change =>
  (history) =>
    void (history.rule = name);
const asRoot: Change = (history) => void Object.assign(history, asTopic(history));
const as =
  (id: string, values: Partial<Subject>): Change =>
  ({ messages }) =>
    void Object.assign(messages[id]!, values);

describe('at least once:', () => {
  const loose = rule('at-least-once');
  const twice = stored({ id: 'b', at: '0:1', category: 'completed' });

  testDefects([
    {
      name: 'no row',
      defect: [loose, without('rows', 'b')],
      found: ['lost consumer: b'],
      twin: [loose, twice],
    },
    {
      name: 'a second row in another category',
      defect: [loose, stored({ id: 'b', at: '0:1', category: 'failed' })],
      found: ['misclassified consumer: b'],
      twin: [loose, twice, twice],
    },
    {
      name: 'a second row with other contents',
      defect: [loose, stored({ id: 'b', at: '0:1', category: 'completed', content: 'x' })],
      found: ['corrupted consumer: b'],
      twin: [loose, twice],
    },
    {
      name: 'a second row among the dead letters',
      defect: [loose, stored({ id: 'b', at: '0:1', category: 'dead-letters' })],
      found: ['wrongly-dead-lettered consumer: b'],
      twin: [loose, twice],
    },
    {
      name: 'a record that the producer has changed when it repeated it',
      defect: [loose, logged({ id: 'b', at: '0:2', crc: 'ok', content: 'x' })],
      found: ['corrupted producer: b'],
      twin: [loose, logged({ id: 'b', at: '0:2', crc: 'ok' })],
    },
  ]);

  test.each<[string, number, Change[]]>([
    ['rows beyond the first', 2, [twice, twice]],
    ['records beyond the first', 1, [logged({ id: 'b', at: '0:2' })]],
    [
      'records and rows that mirror them, once',
      1,
      [logged({ id: 'b', at: '0:2' }), stored({ id: 'b', at: '0:2', category: 'completed' })],
    ],
    ['no row in another category', 0, [stored({ id: 'b', at: '0:1', category: 'failed' })]],
    ['a dead letter beyond the first', 1, [stored({ at: '1:1', category: 'dead-letters' })]],
  ])('it counts as repeated %s', async (_, count, changes) => {
    expect((await auditOf(loose, ...changes)).counts.repeated).toBe(count);
    expect((await auditOf(loose, ...changes, asRoot)).counts.repeated).toBe(count);
  });

  test('a message that must not be there is not counted as repeated', async () => {
    const rejected = [
      alter('sends', 'b', { outcome: 'rejected', at: undefined }),
      logged({ id: 'b', at: '0:2' }),
    ];
    const { findings, counts } = await auditOf(loose, ...rejected);
    expect([findings.map(({ kind }) => kind), counts.repeated]).toEqual([['rejected-but-written'], 0]);
  });

  test('nothing is counted as repeated under the rule "once"', async () => {
    expect((await auditOf(twice, twice)).counts.repeated).toBe(0);
  });
});

describe('latest:', () => {
  /** a and b have the key k0: the store has the row of b. c has k1, and d is a dead letter. */
  const latest: Change[] = [rule('latest'), without('rows', 'a')];
  const older = stored({ id: 'a', at: '0:0', category: 'failed' });
  const onlyOlder: Change[] = [...latest, without('rows', 'b'), older];

  testDefects([
    {
      name: 'an older version kept',
      defect: onlyOlder,
      found: ['stale consumer: b'],
      twin: latest,
    },
    {
      name: 'an older version kept, as a topic shows',
      defect: [...onlyOlder, asRoot],
      found: ['stale consumer: b'],
      twin: [...latest, asRoot],
    },
    {
      name: 'an older version brought back after the newest was written',
      defect: [...onlyOlder, journal],
      found: ['stale store: b'],
      twin: [...latest, journal],
    },
    {
      name: 'an older version kept, and the newest never written',
      defect: [...onlyOlder, journal, unwritten('0:1')],
      found: ['stale consumer: b'],
      twin: [...latest, journal],
    },
    {
      name: 'an older version kept, where the log could not be read',
      defect: [...onlyOlder, without('log', 'b'), missing('log')],
      found: ['stale unknown: b'],
      twin: [...latest, missing('log')],
      twinVerdict: 'inconclusive',
    },
    {
      name: 'no row of a key',
      defect: [...latest, without('rows', 'b')],
      found: ['lost consumer: b'],
      twin: latest,
    },
    {
      name: 'a tombstone that was ignored',
      defect: [...onlyOlder, as('b', { tombstone: true })],
      found: ['stale consumer: b'],
      twin: [...latest, without('rows', 'b'), as('b', { tombstone: true })],
    },
    {
      name: 'a row of the tombstone itself',
      defect: [...latest, as('b', { tombstone: true })],
      found: ['stale consumer: b'],
      twin: [...latest, without('rows', 'b'), as('b', { tombstone: true })],
    },
    {
      name: 'a row that came back after its tombstone was written',
      defect: [...onlyOlder, as('b', { tombstone: true }), journal],
      found: ['stale store: b'],
      twin: [...latest, without('rows', 'b'), as('b', { tombstone: true }), journal],
    },
    {
      name: 'the rows of two messages of a key',
      defect: [...latest, older],
      found: ['duplicated consumer: b'],
      twin: [...latest, older, as('a', { key: 'k2' })],
    },
    {
      name: 'two rows of the newest, and one of an older',
      defect: [...latest, older, stored({ id: 'b', at: '0:1', category: 'completed' })],
      found: ['duplicated consumer: b'],
      twin: latest,
    },
    {
      name: 'the newest in a wrong category',
      defect: [...latest, alter('rows', 'b', { category: 'failed' })],
      found: ['misclassified consumer: b'],
      twin: latest,
    },
    {
      name: 'the newest among the dead letters, and the row of an older one',
      defect: [...onlyOlder, stored({ id: 'b', at: '0:1', category: 'dead-letters' })],
      found: ['wrongly-dead-lettered consumer: b'],
      twin: latest,
    },
    {
      name: 'a message without a key',
      defect: [...latest, as('c', { key: undefined }), without('rows', 'c')],
      found: ['lost consumer: c'],
      twin: [...latest, as('c', { key: undefined })],
    },
    {
      name: 'a lower version that came later, and was stored',
      defect: [rule('latest'), without('rows', 'a'), as('a', { version: 2 }), as('b', { version: 1 })],
      found: ['stale consumer: a'],
      twin: [rule('latest'), without('rows', 'b'), as('a', { version: 2 }), as('b', { version: 1 })],
    },
    {
      name: 'an acknowledged message of an older version that a whole log lacks',
      defect: [...latest, without('log', 'a')],
      found: ['lost broker: a'],
      twin: [...latest, without('log', 'a'), range(0, { compacted: true })],
    },
    {
      name: 'the newest, which the broker has lost',
      defect: [...onlyOlder, without('log', 'b')],
      found: ['lost broker: b'],
      twin: latest,
    },
  ]);

  test('a key that only the records tell counts, too', async () => {
    const untold = (['a', 'b'] as const).flatMap((id) => [
      as(id, { key: undefined }),
      alter('log', id, { key: 'k0' }),
    ]);
    expect((await auditOf(...latest, ...untold)).verdict).toBe('pass');
    expect(findingsOf(await auditOf(...onlyOlder, ...untold))).toEqual(['stale consumer: b']);
  });

  test('a corrupted record of the newest is the newest all the same', async () => {
    const foreign: Change[] = [
      alter('log', 'b', { id: undefined }),
      logged({ id: 'b', at: '0:2', aborted: true }),
    ];
    expect(findingsOf(await auditOf(...onlyOlder, ...foreign))).toEqual([
      'stale consumer: b',
      'corrupted producer: b',
    ]);
  });

  test('a message of unknown outcome that was seen nowhere takes no place in a key', async () => {
    const sentInVain = [message('x', { key: 'k0' }), sent({ id: 'x', outcome: 'unknown' }), missing('log')];
    expect(findingsOf(await auditOf(...onlyOlder, ...sentInVain))).toEqual(['stale consumer: b']);
  });

  test('a newest message whose place is not known takes none from the others', async () => {
    const placeless = [
      message('x', { key: 'k0', version: 3 }),
      sent({ id: 'x', outcome: 'acked' }),
      as('a', { version: 1 }),
      as('b', { version: 2 }),
      missing('log'),
    ];
    expect(findingsOf(await auditOf(...onlyOlder, ...placeless))).toEqual(['stale consumer: b']);
    const unversioned = [message('x', { key: 'k0' }), sent({ id: 'x', outcome: 'acked' }), missing('log')];
    const open = await auditOf(...onlyOlder, ...unversioned);
    expect(findingsOf(open)).toEqual([]);
    expect(open.notChecked.join(' ')).toContain('which one is the newest');
  });

  test('a message that was acked at a place that is removed, and at another, may have stood in its key', async () => {
    const { findings, counts } = await auditOf(
      ...latest,
      without('log', 'a'),
      without('rows', 'b'),
      message('x', { key: 'k0' }),
      sent({ id: 'x', outcome: 'acked', at: '0:0' }, { id: 'x', outcome: 'acked', at: '0:5' }),
      without('sends', 'a'),
      as('a', { planned: false }),
      message('y', { key: 'k0' }),
      sent({ id: 'y', outcome: 'acked', at: '0:6' }),
      logged({ id: 'y', at: '0:6' }),
      stored({ id: 'y', at: '0:6', category: 'failed' }),
      range(0, { start: 1 }),
    );
    expect([findings, counts.superseded]).toEqual([[], 2]);
  });

  test.each<[string, Change[], number]>([
    ['older ones of a key', latest, 1],
    ['older ones of a topic', [...latest, asRoot], 1],
    ['no tombstone that is the newest', [...latest, without('rows', 'b'), as('b', { tombstone: true })], 1],
    ['no older one with a row', [...latest, older], 0],
    [
      'the newest that was read, if the row of a newer one is there',
      [...latest, position(0, 1), sent({ id: 'x', outcome: 'acked', at: '0:2' })].concat(
        message('x', { key: 'k0' }),
        logged({ id: 'x', at: '0:2' }),
        without('rows', 'b'),
        stored({ id: 'x', at: '0:2', category: 'failed' }),
      ),
      2,
    ],
  ])('it counts as superseded %s', async (_, changes, count) => {
    const { counts, acknowledged, ledger } = await auditOf(...changes);
    expect(counts.superseded).toBe(count);
    expect(Object.values(acknowledged).reduce((sum, one) => sum + one, 0)).toBe(ledger.acked);
  });

  describe('if the consumer has not come to the newest,', () => {
    const behind = [...latest, position(0, 1)];

    test.each<[string, Change[], string[]]>([
      ['the row of the newest is right', behind, []],
      [
        'that of the one that it has read is right, and the newest is not drained',
        [...behind, without('rows', 'b'), older],
        ['1 message not stored, and the consumer had not come to where they stand: not drained.'],
      ],
    ])('%s', async (_, changes, sentences) => {
      const audit = await auditOf(...changes);
      expect(findingsOf(audit)).toEqual([]);
      expect(audit.notChecked).toEqual(sentences);
    });

    test('a key without a row is lost', async () => {
      expect(findingsOf(await auditOf(...behind, without('rows', 'b')))).toEqual(['lost consumer: a']);
    });

    test('a commit beyond it leaves out the newest, and not those that it has replaced', async () => {
      const commit: Change = ({ commits }) => void (commits[0] = 2);
      const without2 = [position(0, 0), without('rows', 'b'), commit];
      expect(findingsOf(await auditOf(...latest, ...without2))).toEqual(['overcommitted consumer: ']);
      const removed = [as('b', { tombstone: true }), without('rows', 'b'), position(0, 1), commit];
      expect(findingsOf(await auditOf(...latest, ...removed))).toEqual(['lost consumer: a']);
      expect(findingsOf(await auditOf(...latest, older, ...removed))).toEqual(['overcommitted consumer: ']);
      const supersededAlone: Change = ({ commits }) => void (commits[0] = 1);
      expect(findingsOf(await auditOf(...latest, position(0, 0), supersededAlone))).toEqual([]);
    });
  });

  describe('if it is unknown whether the topic is compacted,', () => {
    const missingTombstone = [...onlyOlder, as('b', { tombstone: true }), without('log', 'b')];
    /** The log lacks a, whose version is higher than that of b. */
    const missingNewest = [...latest, as('a', { version: 2 }), as('b', { version: 1 }), without('log', 'a')];
    const skippedB = [...missingNewest, without('rows', 'b'), position(0, 1), committed(0, 3)];
    /** The store has lost x, too, which the consumer has written. */
    const writtenX: Change[] = [
      message('x', { key: 'k2' }),
      sent({ id: 'x', outcome: 'acked', at: '0:2' }),
      logged({ id: 'x', at: '0:2', crc: 'ok' }),
      (history) => void (history.written = [{ id: 'x', at: '0:2', category: 'failed' }]),
      written(
        { id: 'c', at: '1:0', category: 'completed' },
        { id: 'd', at: '1:1', category: 'dead-letters' },
      ),
    ];

    test.each<[string, Change[], Record<'ifCompacted' | 'ifNot' | 'found', string[]>]>([
      [
        'it does not tell a tombstone that the consumer ignored from one that the broker has lost',
        missingTombstone,
        { ifCompacted: ['stale unknown: b'], ifNot: ['lost broker: b'], found: [] },
      ],
      [
        'it does not tell a row of the newest, which is a tombstone, from one of an older tombstone',
        [
          ...missingNewest,
          as('b', { version: 1, tombstone: true }),
          alter('rows', 'b', { category: 'failed' }),
        ],
        {
          ifCompacted: ['misclassified consumer: b'],
          ifNot: ['lost broker: a', 'stale consumer: b'],
          found: [],
        },
      ],
      [
        'a message that may be replaced is not said to be left out',
        skippedB,
        {
          ifCompacted: [],
          ifNot: ['lost broker: a', 'overcommitted consumer: '],
          found: [],
        },
      ],
      [
        'it does not say who left out a message, if another may be replaced',
        [...skippedB, ...writtenX],
        {
          ifCompacted: ['overcommitted store: '],
          ifNot: ['lost broker: a', 'overcommitted consumer: '],
          found: ['overcommitted unknown: '],
        },
      ],
    ])('%s', async (_, changes, { ifCompacted, ifNot, found }) => {
      expect(findingsOf(await auditOf(...changes, range(0, { compacted: true })))).toEqual(ifCompacted);
      expect(findingsOf(await auditOf(...changes))).toEqual(ifNot);
      const unknown = { compacted: true, compactionUnknown: true } as const;
      const audit = await auditOf(...changes, range(0, unknown), range(1, unknown));
      expect(findingsOf(audit)).toEqual(found);
      expect(audit.notChecked).toContainEqual(
        expect.stringMatching(
          /^[12] messages? not judged: compaction.*not known whether the topic is compacted/,
        ),
      );
    });
  });

  describe('it does not say which is the newest', () => {
    const apart: Change[] = [
      (history) => void (history.isKeyed = false),
      as('c', { key: 'k0' }),
      as('a', { key: 'k2' }),
      ...latest,
      stored({ id: 'a', at: '0:0', category: 'failed' }),
      without('rows', 'c'),
    ];

    test.each<[string, Change[]]>([
      ['of messages in two partitions, without versions', apart],
      [
        'of messages in one partition, if only some tell a version, and those contradict the offsets',
        [
          rule('latest'),
          message('x', { key: 'k0' }),
          sent({ id: 'x', outcome: 'acked', at: '0:2' }),
          logged({ id: 'x', at: '0:2' }),
          as('c', { key: 'k1' }),
          as('a', { version: 2, key: 'k0' }),
          as('b', { version: 1 }),
          without('rows', 'a'),
        ],
      ],
    ])('%s', async (_, changes) => {
      const { verdict, findings, notChecked } = await auditOf(...changes);
      expect([verdict, findings]).toEqual(['inconclusive', []]);
      expect(notChecked.join(' ')).toMatch(/^[23] messages not judged: the others of the key stand in other/);
    });

    test('of a message with records in two partitions', async () => {
      const { findings, notChecked } = await auditOf(
        ...latest,
        logged({ id: 'b', at: '0:5' }, { id: 'b', at: '1:4' }),
      );
      expect(findings.map(({ kind, blame }) => [kind, blame])).toEqual([
        ['duplicated', 'producer'],
        ['reordered', 'producer'],
      ]);
      expect(notChecked.join(' ')).toContain('which one is the newest');
    });

    test('unless all of them tell a version', async () => {
      const versions = [as('b', { version: 1 }), as('c', { version: 2 })];
      expect(findingsOf(await auditOf(...apart, ...versions))).toEqual(['stale consumer: c']);
    });

    test('of two topics, in which a key is two', async () => {
      const { verdict, findings } = await auditOf(
        ...apart,
        stored({ id: 'c', at: '1:0', category: 'completed' }),
        (history) => {
          history.hasTwoTopics = true;
          for (const lines of [history.sends, history.log, history.rows])
            for (const line of lines) if (line.id === 'c') line.at = '2:0';
          history.ranges.push({ partition: 2, start: 0, end: 9, base: 0, compacted: false });
          history.positions[2] = 9;
        },
      );
      expect([verdict, findings]).toEqual(['pass', []]);
    });
  });
});
