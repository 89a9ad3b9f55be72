/** The functions of the package give the plain data of a config. */
import { expect, expectTypeOf, test } from 'vitest';
import * as nodrop from '../../src/index.ts';
import type { CommandSink, DatabaseSink, SourceConfig, TopicHop } from '../../src/config/config.ts';

const { columns, command, file, header, http, json, mysql, oneOf, postgres, sqlite, topic } = nodrop;

test('places, rules and expectations are plain texts and objects', () => {
  expect([
    header('x'),
    nodrop.key(),
    json('a.b'),
    nodrop.column('c'),
    nodrop.position(),
    nodrop.env('X'),
  ]).toEqual(['header:x', 'key', 'json:a.b', 'column:c', 'position', 'env:X']);
  expect([columns('p', 'o'), columns('t', 'p', 'o')]).toEqual(['columns:p,o', 'columns:t,p,o']);
  expect([nodrop.once(), nodrop.atLeastOnce(), nodrop.times(3), nodrop.each(['a'])]).toEqual([
    'once',
    'at-least-once',
    { times: 3 },
    { each: ['a'] },
  ]);
  expect(nodrop.latest({ key: nodrop.key(), version: json('v') })).toEqual({
    latest: { key: 'key', version: 'json:v' },
  });
  expect(nodrop.balances({ by: json('a'), sum: [json('n'), nodrop.column('n')] })).toEqual({
    balances: { by: 'json:a', sum: ['json:n', 'column:n'] },
  });
  expect([nodrop.dropped('a'), nodrop.deadLettered('b')]).toEqual([{ dropped: 'a' }, { deadLettered: 'b' }]);
});

test('sources, hops and sinks are plain objects', () => {
  expect(topic('a')).toEqual({ topic: 'a' });
  expect(topic('a', { id: 'key', deadLetters: true })).toEqual({ topic: 'a', id: 'key', deadLetters: true });
  expect(http('http://a', { accepted: [202] })).toEqual({ http: 'http://a', accepted: [202] });
  expect(command(['a', 'b'], { workers: 2 })).toEqual({ command: ['a', 'b'], workers: 2 });
  expect(postgres('postgres://a', { query: 'q', id: 'column:id' })).toEqual({
    database: 'postgres://a',
    query: 'q',
    id: 'column:id',
  });
  expect(mysql('mysql://a', { table: 't' })).toEqual({ database: 'mysql://a', table: 't' });
  expect(sqlite('a.db', { table: 't', batch: 2 })).toEqual({ database: 'sqlite:a.db', table: 't', batch: 2 });
  expect(file('a', { id: 'json:id' })).toEqual({ file: 'a', id: 'json:id' });
});

test('what a function gives has the type of the places where it may stand', () => {
  expectTypeOf(topic('a')).toExtend<SourceConfig & TopicHop>();
  expectTypeOf(topic('a', { settings: {} })).toExtend<SourceConfig>();
  expectTypeOf(topic('a', { group: 'g' })).toExtend<TopicHop>();
  expectTypeOf(command('a')).toExtend<SourceConfig & CommandSink>();
  expectTypeOf(postgres('a', { table: 't' })).toExtend<SourceConfig & DatabaseSink>();
  expectTypeOf(postgres('a', { table: 't', id: 'column:x' })).toExtend<DatabaseSink>();
  expectTypeOf(mysql('a', { query: 'q' })).toExtend<DatabaseSink>();
  expectTypeOf(sqlite('a', { table: 't', batch: 3 })).toExtend<SourceConfig>();
});

test('an editor refuses names and values that a config does not have', () => {
  const sinks = {};
  // @ts-expect-error: no such name
  nodrop.defineConfig({ pipelines: {}, kafak: {} });
  // @ts-expect-error: no such signal
  nodrop.defineConfig({ pipelines: {}, processes: { a: { command: 'a', stop: { signal: 'SIGKILL' } } } });
  // @ts-expect-error: no source
  nodrop.defineConfig({ pipelines: { a: { source: file('a'), sinks } } });
  // @ts-expect-error: no rule
  nodrop.defineConfig({ pipelines: { a: { source: topic('a'), sinks, expect: () => ({ b: 'twice' }) } } });
  // @ts-expect-error: neither a query nor a table
  postgres('a', { id: 'column:id' });
  expect(nodrop.defineConfig({ pipelines: {} })).toEqual({ pipelines: {} });
});

test('oneOf names the condition that is true, and throws unless exactly one is', () => {
  expect(oneOf({ a: false, b: true })).toEqual({ oneOf: 'b', among: ['a', 'b'] });
  expect(() => oneOf({ a: false, b: false })).toThrow(
    'oneOf takes a, b, of which exactly one is to be true: none of them is.',
  );
  expect(() => oneOf({ a: true, b: true, c: false })).toThrow('exactly one is to be true: a and b are.');
});
