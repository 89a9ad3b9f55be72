/** The published schema accepts exactly the lines that the reader accepts. */
import { Ajv2020 } from 'ajv/dist/2020.js';
import fc from 'fast-check';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { lineSchema } from '../../../src/audit/history/line-schema.ts';
import { lineTypes } from '../../../src/audit/history/line-types.ts';
import { LineError, parseLine } from '../../../src/audit/history/parse-line.ts';

const root = join(import.meta.dirname, '../../..');
const published = JSON.parse(readFileSync(join(root, 'docs/history.schema.json'), 'utf8')) as object;
const validate = new Ajv2020({ allowUnionTypes: true }).compile(published);

function isRead(line: unknown): boolean {
  try {
    parseLine(JSON.stringify(line));
    return true;
  } catch (error) {
    if (!(error instanceof LineError)) throw error;
    return false;
  }
}

test('the published schema of history lines is the one that the code generates', () => {
  expect(published).toEqual(JSON.parse(JSON.stringify(lineSchema())));
});

test('the schema accepts every line of the fixtures and every example in the documents', () => {
  const folder = join(root, 'test/fixtures/histories');
  const lines = readdirSync(folder)
    .filter((name) => name.endsWith('.jsonl'))
    .flatMap((name) => readFileSync(join(folder, name), 'utf8').trim().split('\n'));
  const document = readFileSync(join(root, 'docs/reference/history-format.md'), 'utf8');
  const examples = document.split('\n').filter((line) => line.startsWith('{"type"'));
  const types = new Set(examples.map((line) => (JSON.parse(line) as { type: string }).type));
  expect([...types].sort()).toEqual(Object.keys(lineTypes).sort());
  for (const line of [...lines, ...examples]) {
    const object: unknown = JSON.parse(line);
    expect([line, validate(object), isRead(object)]).toEqual([line, true, true]);
  }
});

const names = [
  ...new Set(
    Object.values(lineTypes).flatMap(({ required, optional }) => Object.keys({ ...required, ...optional })),
  ),
  'id',
  'foreign',
  'unheardOf',
];
const value = fc.oneof(
  fc.constantFrom<unknown>(
    null,
    true,
    false,
    0,
    1,
    -1,
    1.5,
    2 ** 31,
    2 ** 53,
    '',
    'a',
    'ok',
    'acked',
    'log',
    'written',
  ),
  fc.constantFrom<unknown>(
    'dead-letters',
    '(missing)',
    [],
    ['log'],
    ['a'],
    [1],
    {},
    { p0: 1 },
    { p0: -1 },
    { p0: 'a' },
  ),
);
/** Lines that are valid except for a field or two. */
const almostRight = fc
  .tuple(
    fc.constantFrom<Record<string, unknown>>(
      { type: 'run', run: 'r' },
      { type: 'send', id: 'a', state: 's', outcome: 'acked' },
      { type: 'log', id: 'a', partition: 0, offset: 1 },
      { type: 'logRange', partition: 0, start: 0, end: 1 },
      { type: 'delivery', partition: 0, offset: 1 },
      { type: 'written', partition: 0, offset: 1 },
      { type: 'position', partition: 0, offset: 1 },
      { type: 'commit', partition: 0, offset: 1 },
      { type: 'store', id: 'a', category: 'failed' },
      { type: 'deadLetter', partition: 0, offset: 1, reason: 'r' },
      { type: 'complete', of: 'log' },
    ),
    fc.dictionary(fc.constantFrom(...names), value, { maxKeys: 2 }),
    fc.option(fc.constantFrom(...names), { nil: '' }),
  )
  .map(([line, changes, absent]) => {
    const { [absent]: _, ...rest } = { ...line, ...changes };
    return rest;
  });

test('the reader accepts a line exactly if the schema does', () => {
  fc.assert(
    fc.property(almostRight, (line) => {
      expect([line, isRead(line)]).toEqual([line, validate(line)]);
    }),
    { numRuns: 5000 },
  );
  for (const line of [null, [], 'a', 1, {}, { type: 'unheardOf' }, { type: 1 }]) {
    expect([line, validate(line), isRead(line)]).toEqual([line, false, false]);
  }
});
