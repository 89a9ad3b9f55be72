import { existsSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test, vi } from 'vitest';
import { openCommandSink } from '../../../src/sinks/command/sink.ts';
import type { SinkOptions } from '../../../src/sinks/sink.ts';
import { processState } from '../../../src/system/process-state.ts';
import { openSinkAt, placesOf, readSink, type ReadSink } from '../../fixtures/sink-rows.ts';

const complete = { type: 'complete', of: 'store' };
const store = (id: string, more: object = {}) => ({ type: 'store', id, category: 'paid', ...more });

/** A program that prints these lines, and then runs what the shell is told. */
function printing(lines: readonly (object | string)[], then = ''): string {
  const path = join(mkdtempSync(join(tmpdir(), 'nodrop-program-')), 'lines');
  writeFileSync(
    path,
    lines.map((line) => `${typeof line === 'string' ? line : JSON.stringify(line)}\n`).join(''),
  );
  return `cat ${path}${then === '' ? '' : `; ${then}`}`;
}

const read = (
  command: string,
  places: string[] = ['column:id'],
  options: Partial<SinkOptions> = {},
): Promise<ReadSink> => readSink(openCommandSink, { location: `command:${command}`, ...options }, ...places);

describe('rows', () => {
  test('are the store lines, with any field as a place and all digits of numbers', async () => {
    const { rows, reading, sink } = await read(
      printing([
        store('a', { partition: 0, offset: 9, version: 1, doc: { 'a.b': 'é' } }),
        '  ',
        '{"type":"store","id":"b\\u0000","category":"open","version":9007199254740993,"key":null}',
        complete,
      ]),
      ['column:id', 'column:category', 'column:offset', 'column:version', 'json:doc.a\\.b', 'column:key'],
    );
    expect(rows).toEqual([
      ['a', 'paid', '9', '1', 'é', null],
      ['b\0', 'open', null, '9007199254740993', null, null],
    ]);
    expect(reading.kinds).toEqual(['text', 'text', 'number', 'json', 'json', 'text']);
    expect(reading.noSnapshot).toBe('command:cat does not tell whether its rows come from one snapshot.');
    expect(sink.rows).toBe('rows');
  });

  test('may be many, and come from any program', async () => {
    const script = `for (let i = 0; i < 30000; i++) console.log(JSON.stringify({type:"store",id:"o-"+i,category:"c"})); console.log('${JSON.stringify(complete)}')`;
    const { rows } = await read(`node -e '${script.replaceAll("'", String.raw`'\''`)}'`);
    expect(rows.map(([id]) => id)).toEqual(Array.from({ length: 30_000 }, (_, id) => `o-${id}`));
  });

  test('of a sink that is empty are none', async () => {
    expect((await read(printing([complete]))).rows).toEqual([]);
  });

  test('come with positions and dead letters', async () => {
    const { reading } = await read(
      printing([
        { type: 'position', partition: 0, offset: 3 },
        { type: 'deadLetter', partition: 1, offset: 7, reason: 'no JSON', id: 'x', topic: 't' },
        { type: 'position', partition: 0, offset: 5, topic: null },
        { type: 'position', partition: 0, offset: 2, topic: 't' },
        complete,
      ]),
    );
    expect(reading.positions!()).toEqual([
      { topic: undefined, partition: 0, offset: 5 },
      { topic: 't', partition: 0, offset: 2 },
    ]);
    expect(reading.deadLetters!()).toEqual([
      { topic: 't', partition: 1, offset: 7, reason: 'no JSON', id: 'x', digest: undefined },
    ]);
  });

  test('a sample tells the places', async () => {
    const sink = await openSinkAt(openCommandSink, `command:${printing([store('a', { n: 1 }), complete])}`);
    expect(await sink.columns()).toEqual([
      { place: 'json:id', type: 'text', kind: 'json' },
      { place: 'json:category', type: 'text', kind: 'json' },
      { place: 'json:n', type: 'number', kind: 'json' },
    ]);
  });
});

describe('a line that is none of the form is refused with its number', () => {
  test.each([
    ['no json', 'is not JSON'],
    ['[1]', 'is not a JSON object'],
    ['{"id":"a"}', 'has no type'],
    [
      '{"type":"log","partition":0,"offset":1,"id":"a"}',
      'has the type "log": a sink prints store, position, deadLetter, complete',
    ],
    ['{"type":"toString"}', 'has the type "toString": a sink prints store, position, deadLetter, complete'],
    ['{"type":"store","category":"c"}', 'of type store has no id'],
    ['{"type":"store","id":"a"}', 'of type store has no category'],
    [
      '{"type":"store","id":7,"category":"c"}',
      'of type store has an id that is not a text that is not empty',
    ],
    [
      '{"type":"store","id":"a","category":"(missing)"}',
      'of type store has a category that is not a text other than dead-letters and (missing)',
    ],
    [
      '{"type":"store","id":"a","category":"c","offset":-1}',
      'of type store has an offset that is not an integer from 0 to 2^53 − 1',
    ],
    [
      '{"type":"position","partition":2147483648,"offset":1}',
      'of type position has a partition that is not an integer from 0 to 2147483647',
    ],
    ['{"type":"deadLetter","partition":0,"offset":1}', 'of type deadLetter has no reason'],
    ['{"type":"complete","of":"log"}', 'of type complete has an of that is not store'],
  ])('%s', async (line, message) => {
    await expect(read(printing([store('a'), line, complete]))).rejects.toMatchObject({
      code: 'usage',
      message: `command:cat:2: the line ${message}.`,
    });
  });

  test('a row of somebody else needs no id', async () => {
    const foreign = { type: 'store', category: 'c', foreign: true };
    expect((await read(printing([foreign, complete]))).rows).toEqual([[null]]);
  });

  test('a line that is not UTF-8, or longer than 16 MiB', async () => {
    await expect(read(String.raw`printf '\377\n'`)).rejects.toThrow(
      'command:printf:1: the line is not UTF-8.',
    );
    await expect(read('head -c 17000000 /dev/zero')).rejects.toThrow(
      'command:head:1: the line is longer than 16777216 bytes.',
    );
  });
});

describe('a program that fails', () => {
  test('by its exit code, with its last words', async () => {
    const words = Array.from({ length: 30 }, (_, index) => `echo word ${index} >&2`).join(';');
    await expect(read(printing([store('a'), complete], `${words}; exit 3`))).rejects.toMatchObject({
      code: 'unavailable',
      message: 'command:cat: the program exited with code 3.',
      hint: Array.from({ length: 20 }, (_, index) => `word ${index + 10}`).join('\n'),
    });
  });

  test('that does not exist', async () => {
    await expect(read('no-such-program --password=secret')).rejects.toMatchObject({
      code: 'unavailable',
      message: 'command:no-such-program: the program exited with code 127.',
      hint: expect.stringContaining('not found'),
    });
  });

  test('that ends within a line tells its exit code, and not of the line', async () => {
    await expect(read(`printf '{"type":"sto'; exit 4`)).rejects.toThrow('the program exited with code 4.');
    await expect(read(`printf '{"type":"sto'`)).rejects.toThrow('command:printf:1: the line is not JSON.');
  });

  test('that does not say that its rows are complete', async () => {
    await expect(read(printing([store('a')]))).rejects.toMatchObject({
      code: 'unavailable',
      message: expect.stringContaining('did not say that its rows are complete'),
    });
    expect((await read(`printf '%s' '${JSON.stringify(complete)}'`)).rows).toEqual([]);
  });

  test('that is killed', async () => {
    await expect(read(`sh -c 'kill -KILL $$'`)).rejects.toThrow('the program exited with code 137.');
  });
});

describe('a program that does not end', () => {
  /** A program that leaves the ids of its processes in a file, prints a row, and then sleeps. */
  function sleeping(lines: readonly object[]): { command: string; pids: () => number[] } {
    const file = join(mkdtempSync(join(tmpdir(), 'nodrop-program-')), 'pids');
    const print = printing(lines);
    return {
      command: `sleep 300 & echo $$ $! > ${file}.new; mv ${file}.new ${file}; ${print}; wait`,
      pids: () => (existsSync(file) ? readFileSync(file, 'utf8').trim().split(' ').map(Number) : []),
    };
  }

  /** A zombie has ended, and waits until its parent has asked how. */
  async function states(pids: readonly number[]): Promise<string[]> {
    const found = await Promise.all(pids.map(processState));
    return found.filter((state) => state !== undefined && state !== 'Z') as string[];
  }

  test('is ended with all its processes when it is silent for too long', async () => {
    const { command, pids } = sleeping([store('a')]);
    await expect(read(command, ['column:id'], { timeoutMs: 300 })).rejects.toMatchObject({
      code: 'unavailable',
      message: 'command:sleep: the program printed nothing for 0.3 s.',
    });
    expect(pids()).toHaveLength(2);
    await expect.poll(() => states(pids())).toEqual([]);
  });

  test('is ended when it closes its output and goes on', async () => {
    await expect(
      read(`echo '${JSON.stringify(complete)}'; exec >&-; sleep 300`, ['column:id'], { timeoutMs: 300 }),
    ).rejects.toThrow('command:echo: the program printed nothing for 0.3 s.');
  });

  test('is ended when the reading is closed, and when it is left', async () => {
    const rows = Array.from({ length: 5000 }, (_, id) => store(`o-${id}`));
    const closed = sleeping(rows);
    const sink = await openSinkAt(openCommandSink, `command:${closed.command}`);
    const reading = await sink.open(placesOf(['column:id']));
    await reading.batches()[Symbol.asyncIterator]().next();
    expect(await states(closed.pids())).toHaveLength(2);
    await reading.close();
    await expect.poll(() => states(closed.pids())).toEqual([]);

    const left = sleeping(rows);
    const other = await openSinkAt(openCommandSink, `command:${left.command}`);
    for await (const _ of (await other.open(placesOf(['column:id']))).batches()) break;
    await expect.poll(() => states(left.pids())).toEqual([]);
  });

  test('is ended when nodrop is stopped', async () => {
    const { command, pids } = sleeping([store('a')]);
    const stop = new AbortController();
    const reading = read(command, ['column:id'], { signal: stop.signal });
    await vi.waitFor(() => expect(pids()).toHaveLength(2), { timeout: 10_000 });
    stop.abort();
    await expect(reading).rejects.toMatchObject({ code: 'interrupted' });
    expect(pids()).toHaveLength(2);
    await expect.poll(() => states(pids())).toEqual([]);
  });
});

test.each([
  ['A=secret  ./bin/read-orders.sh --password secret', 'command:read-orders.sh'],
  ['psql "postgres://user:secret@host/db"', 'command:psql'],
  ['"secret program"', 'command:'],
])('only the program is named, since the rest may hold secrets: %s', async (command, name) => {
  expect((await openSinkAt(openCommandSink, `command:${command}`)).name).toBe(name);
});

test('no program, SQL, and places of records are refused', async () => {
  await expect(openSinkAt(openCommandSink, 'command: ')).rejects.toMatchObject({ code: 'usage' });
  await expect(openSinkAt(openCommandSink, 'command:cat', { query: 'select 1' })).rejects.toMatchObject({
    code: 'usage',
  });
  await expect(read('cat', ['header:id'])).rejects.toMatchObject({
    code: 'usage',
    message: 'header:id is no place in a line of a program.',
  });
});
