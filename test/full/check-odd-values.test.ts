/** `nodrop check` of values that are written in one way in the topic, and in another in the table. */
import { randomBytes } from 'node:crypto';
import type { Client } from 'pg';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { openPostgres } from '../fixtures/check-sinks.ts';
import { OrderTopic } from '../fixtures/order-topic.ts';
import { runCheck, summaryOf } from '../fixtures/run-check.ts';

let client: Client;
beforeAll(async () => {
  client = await openPostgres();
});
afterAll(async () => {
  await client.end();
});

type Values = readonly (readonly [record: string | null, row: string | null])[];

/** Checks records with these JSON texts beside rows with these SQL literals. `null` leaves out the record or the row. */
async function checkValues(role: 'id' | 'value', type: string, values: Values) {
  await using topic = await OrderTopic.create();
  const table = `values_${randomBytes(6).toString('hex')}`;
  await client.query(`CREATE TABLE ${table} (id text, value ${type})`);
  for (const [index, [record, row]] of values.entries()) {
    const id = `id-${index}`;
    if (record !== null) await topic.append([{ key: id, payload: `{"id":"${id}","value":${record}}` }]);
    if (row !== null) await client.query(`INSERT INTO ${table} VALUES ('${id}', ${row})`);
  }
  const sink = ['--topic', topic.name, '--sink', inject('postgres').location, '--table', table];
  const places =
    role === 'id'
      ? ['--id', 'json:value', '--sink-id', 'column:value']
      : ['--id', 'json:id', '--sink-id', 'column:id', '--compare', 'json:value=column:value'];
  const ended = await runCheck(...sink, ...places);
  await client.query(`DROP TABLE ${table}`);
  return ended;
}

const [composed, decomposed] = ['"caf\u00e9"', '"cafe\u0301"'] as const;

describe('values that are equal', () => {
  test.for<[title: string, type: string, values: Values]>([
    ['integers past 2^53', 'bigint', [['9007199254740993', '9007199254740993']]],
    ['the largest of 64 bits', 'bigint', [['9223372036854775807', '9223372036854775807']]],
    [
      'numbers of other forms',
      'numeric',
      [
        ['1.50', '1.5'],
        ['15e-1', '1.500'],
        ['-0', '0'],
        ['1e2', '100'],
      ],
    ],
    ['numbers as texts', 'bigint', [['"42"', '42']]],
    ['numbers beside texts', 'text', [['42', "'42'"]]],
    [
      'doubles',
      'double precision',
      [
        ['0.1', '0.1'],
        ['1e300', '1e300'],
        ['123456789.123', '123456789.123'],
      ],
    ],
    [
      'singles',
      'real',
      [
        ['0.1', '0.1'],
        ['16777216', '16777216'],
      ],
    ],
    [
      'UUIDs in upper case',
      'uuid',
      [['"A0EEBC99-9C0B-4EF8-BB6D-6BB9BD380A11"', "'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11'"]],
    ],
    ['times with zones', 'timestamptz', [['"2026-11-29T10:00:00+02:00"', "'2026-11-29 08:00:00Z'"]]],
    ['times without zones', 'timestamp', [['"2026-11-29T08:00:00.123"', "'2026-11-29 08:00:00.123'"]]],
    ['milliseconds', 'timestamptz', [['1795939200123', 'to_timestamp(1795939200.123)']]],
    ['dates', 'date', [['"2026-11-29"', "'2026-11-29'"]]],
    [
      'booleans',
      'boolean',
      [
        ['true', 'true'],
        ['0', 'false'],
        ['"f"', 'false'],
      ],
    ],
    [
      'booleans beside small integers',
      'smallint',
      [
        ['true', '1'],
        ['false', '0'],
      ],
    ],
    [
      'blanks at the end of CHAR',
      'char(8)',
      [
        ['"abc"', "'abc'"],
        ['"abc  "', "'abc'"],
      ],
    ],
    [
      'Unicode',
      'text',
      [
        [composed, "'caf\u00e9'"],
        ['"\\u00e9\\ud83d\\ude00"', "'\u00e9\u{1f600}'"],
      ],
    ],
    ['escapes of JSON', 'text', [['"a\\nb\\"c\\\\d\\/"', `E'a\\nb"c\\\\d/'`]]],
    ['NULL on both sides', 'bigint', [['null', 'NULL']]],
    ['an empty text', 'text', [['""', "''"]]],
    ['JSON documents', 'jsonb', [['{"a":1}', `'{"a": 1}'`]]],
  ])('%s', async ([, type, values]) => {
    expect(summaryOf(await checkValues('value', type, values))).toMatchObject({ code: 0, found: [] });
  });
});

describe('values that differ', () => {
  test.for<[title: string, type: string, values: Values]>([
    ['integers that doubles cannot tell apart', 'bigint', [['9007199254740993', '9007199254740992']]],
    ['numbers that differ in the last place', 'numeric', [['1.50', '1.51']]],
    ['texts that differ by case', 'text', [['"Ab"', "'ab'"]]],
    ['blanks at the end of a text', 'text', [['"abc"', "'abc '"]]],
    ['Unicode in another normal form', 'text', [[composed, "'cafe\u0301'"]]],
    ['times an hour apart', 'timestamptz', [['"2026-11-29T10:00:00+02:00"', "'2026-11-29 10:00:00Z'"]]],
    ['a value and NULL', 'bigint', [['0', 'NULL']]],
    ['NULL and a value', 'bigint', [['null', '0']]],
    ['an empty text and NULL', 'text', [['""', 'NULL']]],
    ['true and false', 'boolean', [['true', 'false']]],
    ['a text that is cut off', 'text', [['"abcdef"', "'abc'"]]],
    ['a number that is cut off', 'numeric', [['12345678901234567890.5', '12345678901234567890']]],
  ])('%s', async ([, type, values]) => {
    expect(summaryOf(await checkValues('value', type, values))).toMatchObject({
      code: 1,
      found: [{ kind: 'corrupted', blame: 'consumer', count: 1, ids: ['id-0 at 0:0'] }],
    });
  });
});

describe('ids that are the same', () => {
  test.for<[title: string, type: string, values: Values]>([
    [
      'past 2^53',
      'bigint',
      [
        ['9007199254740993', '9007199254740993'],
        ['9007199254740992', '9007199254740992'],
      ],
    ],
    [
      'numbers beside texts',
      'text',
      [
        ['7', "'7'"],
        ['8', "'8'"],
      ],
    ],
    [
      'texts beside numbers',
      'numeric',
      [
        ['"7"', '7'],
        ['"8"', '8'],
      ],
    ],
    [
      'UUIDs in upper case',
      'uuid',
      [['"A0EEBC99-9C0B-4EF8-BB6D-6BB9BD380A11"', "'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11'"]],
    ],
    [
      'UUIDs in upper case beside texts',
      'text',
      [['"A0EEBC99-9C0B-4EF8-BB6D-6BB9BD380A11"', "'A0EEBC99-9C0B-4EF8-BB6D-6BB9BD380A11'"]],
    ],
    [
      'in CHAR',
      'char(8)',
      [
        ['"a"', "'a'"],
        ['"b"', "'b'"],
      ],
    ],
    [
      'that differ by case',
      'text',
      [
        ['"a"', "'a'"],
        ['"A"', "'A'"],
      ],
    ],
    [
      'that differ by a blank at the end',
      'text',
      [
        ['"a"', "'a'"],
        ['"a "', "'a '"],
      ],
    ],
    [
      'that differ by their normal form',
      'text',
      [
        [composed, "'caf\u00e9'"],
        [decomposed, "'cafe\u0301'"],
      ],
    ],
    [
      'texts of digits with leading zeros',
      'text',
      [
        ['"1"', "'1'"],
        ['"01"', "'01'"],
        ['"1.0"', "'1.0'"],
      ],
    ],
    [
      'numbers first, and texts of digits with leading zeros',
      'text',
      [
        ['1', "'1'"],
        ['"01"', "'01'"],
        ['"1.0"', "'1.0'"],
      ],
    ],
    [
      'of a thousand letters',
      'text',
      [
        [`"${'x'.repeat(1000)}1"`, `'${'x'.repeat(1000)}1'`],
        [`"${'x'.repeat(1000)}2"`, `'${'x'.repeat(1000)}2'`],
      ],
    ],
  ])('%s', async ([, type, values]) => {
    expect(summaryOf(await checkValues('id', type, values))).toMatchObject({
      code: 0,
      right: values.length,
      found: [],
    });
  });

  test('a row with an id in another case is another id', async () => {
    const values: Values = [
      ['"a"', "'a'"],
      ['"b"', "'B'"],
    ];
    const { code, found } = summaryOf(await checkValues('id', 'text', values));
    expect(code).toBe(1);
    expect(found!.map(({ kind, ids }) => [kind, ...ids])).toEqual([
      ['lost', 'b at 0:1'],
      ['phantom', 'B'],
    ]);
  });

  test('a row without an id is not judged, and a sentence says so', async () => {
    const values: Values = [
      ['"a"', "'a'"],
      [null, 'NULL'],
    ];
    expect(summaryOf(await checkValues('id', 'text', values))).toMatchObject({
      code: 2,
      found: [],
      notChecked: expect.arrayContaining([
        expect.stringMatching(/one of the rows has no id at column:value/),
      ]),
    });
  });
});
