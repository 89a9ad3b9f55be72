import { resolve } from 'node:path';
import { InvalidArgumentError } from 'commander';
import { expect, test } from 'vitest';
import { OperationalError } from '../../../src/errors.ts';
import {
  parseBootstrap,
  parseDuration,
  parseInteger,
  parseRunId,
  parseSilence,
  parseStateField,
  parseStateHeader,
  parseStore,
  parseTopic,
} from '../../../src/cli/options/option-values.ts';

test('durations, integers, names, stores and addresses are parsed', () => {
  expect([parseDuration('500ms'), parseDuration('5s'), parseDuration('2m')]).toEqual([500, 5000, 120_000]);
  expect(parseInteger(1, 10)('10')).toBe(10);
  expect(parseRunId('Demo_1-b')).toBe('Demo_1-b');
  expect(parseTopic('a.b_c-d')).toBe('a.b_c-d');
  expect(parseStore('sqlite:a/b c.db')).toBe(`sqlite:${resolve('a/b c.db')}`);
  expect(parseBootstrap('localhost:9092, [::1]:9093')).toBe('localhost:9092,[::1]:9093');
});

test.each(['__consumer_offsets', '__transaction_state', '__share_group_state', '__cluster_metadata'])(
  "Kafka's own topic %s is refused, and a longer name that begins with it is accepted",
  (name) => {
    expect(() => parseTopic(name)).toThrow(InvalidArgumentError);
    expect(parseTopic(`${name}_of_ours`)).toBe(`${name}_of_ours`);
  },
);

test('valid names of state fields and state headers are accepted', () => {
  const paths = [
    'state',
    'status.code',
    'items.0.state',
    'a b',
    '__proto__',
    'a'.repeat(256),
    'a.'.repeat(15) + 'a',
  ];
  for (const path of paths) expect(parseStateField(path)).toBe(path);
  for (const name of ['x-state', 'nodrop', 'é', 'a.b c']) expect(parseStateHeader(name)).toBe(name);
});

test.each([
  [parseDuration, ['', '5', '0s', '-1s', '1.5s', '5 s', '1h', '25000m', '99999999999s']],
  [parseSilence, ['', '5', '1999ms', '1s']],
  [parseInteger(1, 10), ['', '0', '11', '-1', '1.5', '1e1', ' 1', '0x1', 'NaN']],
  [parseRunId, ['', '-a', 'a/b', '..', 'a b', 'x'.repeat(65)]],
  [parseTopic, ['', '.', '..', 'a/b', 'é', 'x'.repeat(250)]],
  [
    parseStateField,
    ['', '.', 'a.', '.a', 'a..b', 'a\nb', 'a\0', '\ud83d', 'a'.repeat(257), 'a.'.repeat(16) + 'a'],
  ],
  [parseStateHeader, ['', 'nodrop-run', 'nodrop-', 'a\tb', 'a'.repeat(257)]],
  [parseBootstrap, ['', 'localhost', 'localhost:0', 'localhost:65536', 'a:1,', 'a b:1', 'http://a:1']],
] as [(value: string) => unknown, string[]][])('%o refuses invalid values', (parse, values) => {
  for (const value of values) expect(() => parse(value), `'${value}'`).toThrow(InvalidArgumentError);
});

test('a store must be a SQLite file or a PostgreSQL server without a password, and the error does not repeat it', () => {
  const location = 'postgres://somebody@localhost/orders?schema=mine';
  expect(parseStore(location)).toBe(location);
  for (const value of ['', 'sqlite:', 'x.db', 'mysql://localhost/x', 'postgres://a:secret@localhost/x']) {
    expect(() => parseStore(value)).toThrow(OperationalError);
    expect(() => parseStore(value)).not.toThrow(/x\.db|mysql|secret/);
  }
});
