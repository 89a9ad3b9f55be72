/** Programs as sources: real processes, honest and hostile. */
import { readFileSync, realpathSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, test, vi } from 'vitest';
import type { CommandSource } from '../../../src/config/config.ts';
import { openCommandSource } from '../../../src/sources/command/command-source.ts';
import type { Handover, OpenedSource, OutgoingMessage, SourceOptions } from '../../../src/sources/source.ts';
import { processState } from '../../../src/system/process-state.ts';
import { numbered, outgoing, sourceOptions } from '../../fixtures/outgoing.ts';

const program = join(import.meta.dirname, '../../fixtures/source-program.ts');
const opened: OpenedSource[] = [];
afterEach(async () => {
  for (const source of opened.splice(0)) await source.close();
});

async function open(
  mode: string,
  given: Partial<SourceOptions> = {},
  source: Partial<CommandSource> = {},
): Promise<{ source: OpenedSource; options: SourceOptions }> {
  const options = sourceOptions(given);
  const command = [process.execPath, program, mode];
  const one = await openCommandSource({ command, ...source }, options);
  opened.push(one);
  return { source: one, options };
}

const send = async (source: OpenedSource, messages: readonly OutgoingMessage[]): Promise<Handover[]> =>
  (await Promise.all(messages.map((message) => source.send([message])))).flat();

/** Hands messages over to a program; returns their outcomes and what makes them doubtful. */
async function run(
  mode: string,
  messages: readonly OutgoingMessage[] = numbered(3),
  given: Partial<SourceOptions> = {},
): Promise<{ outcomes: Handover[]; doubts: readonly string[]; log: string }> {
  const { source, options } = await open(mode, given);
  const outcomes = await send(source, messages);
  const doubts = await source.end();
  return { outcomes, doubts, log: readFileSync(options.logFile, 'utf8') };
}

const kindsOf = (outcomes: readonly Handover[]): string[] => outcomes.map(({ outcome }) => outcome);

describe('an honest program', () => {
  test('tells the outcome of each message, and its other lines are its log', async () => {
    const { outcomes, doubts, log } = await run('honest');
    expect(outcomes).toEqual([0, 1, 2].map((offset) => ({ outcome: 'acked', partition: 0, offset })));
    expect(doubts).toEqual([]);
    expect(log.split('\n').toSorted()).toEqual(['', 'handles m-0', 'handles m-1', 'handles m-2', 'starting']);
  });

  test('gets texts as they are, JSON as JSON, and bytes as base64', async () => {
    const bytes = Buffer.from([0xff, 0]);
    const messages = [
      outgoing(0, { sku: 'é', n: 1.5 }, { key: 'k', headers: { 'event-id': 'm-0', raw: bytes } }),
      outgoing(1, '{"a": 1}', { key: bytes }),
      outgoing(2, bytes),
      outgoing(3, null),
    ];
    const { source, options } = await open(
      'echo',
      { bootstrapServers: 'h:1', urlOf: (name) => (name === 'db' ? 'postgres://h/d' : undefined) },
      { cwd: tmpdir(), env: { OWN: '{run}/{index}/{count}/{url:db}' } },
    );
    expect(await send(source, messages)).toEqual(
      messages.map(() => ({ outcome: 'unknown', error: 'a timeout' })),
    );
    expect(await source.end()).toEqual([]);
    const log = readFileSync(options.logFile, 'utf8').trimEnd().split('\n');
    const got = log
      .filter((line) => line.startsWith('got '))
      .map((line) => JSON.parse(line.slice(4)) as object);
    expect(got).toEqual([
      { nodrop: 1, type: 'hello', run: 'r-1', worker: { index: 0, of: 1 }, bootstrapServers: 'h:1' },
      {
        type: 'message',
        id: 'm-0',
        sequence: 0,
        key: 'k',
        headers: { 'event-id': 'm-0', raw: '/wA=' },
        headerEncodings: { raw: 'base64' },
        value: { sku: 'é', n: 1.5 },
        valueEncoding: 'json',
      },
      {
        type: 'message',
        id: 'm-1',
        sequence: 1,
        key: '/wA=',
        keyEncoding: 'base64',
        headers: {},
        value: '{"a": 1}',
        valueEncoding: 'text',
      },
      {
        type: 'message',
        id: 'm-2',
        sequence: 2,
        key: null,
        headers: {},
        value: '/wA=',
        valueEncoding: 'base64',
      },
      { type: 'message', id: 'm-3', sequence: 3, key: null, headers: {}, value: null },
      { type: 'end' },
    ]);
    expect(log.at(-1)).toBe(`in ${realpathSync(tmpdir())} h:1 r-1/0/1/postgres://h/d`);
  });

  test('may be several, which share the messages: those of one key go to one of them', async () => {
    const { source, options } = await open('honest', {}, { workers: 2 });
    expect(source.concurrency).toBeGreaterThan(256);
    const messages = Array.from({ length: 40 }, (_, index) => outgoing(index, {}, { key: `k-${index % 4}` }));
    expect(new Set(kindsOf(await send(source, messages)))).toEqual(new Set(['acked']));
    expect(await source.end()).toEqual([]);
    const handled = readFileSync(options.logFile, 'utf8').matchAll(/^worker (\d): handles m-(\d+)$/gm);
    const workersOfKeys = new Map<number, Set<string>>();
    for (const [, worker, sequence] of handled) {
      const key = Number(sequence) % 4;
      workersOfKeys.set(key, (workersOfKeys.get(key) ?? new Set()).add(worker!));
    }
    expect([...workersOfKeys.values()].map(({ size }) => size)).toEqual([1, 1, 1, 1]);
    expect(new Set([...workersOfKeys.values()].flatMap((workers) => [...workers])).size).toBe(2);
  });

  test('may print binary, and its lines may come byte by byte', async () => {
    const [binary, halves] = await Promise.all([run('binary'), run('halves', numbered(2))]);
    expect([kindsOf(binary.outcomes), binary.doubts]).toEqual([['acked', 'acked', 'acked'], []]);
    expect(halves.outcomes).toEqual([0, 1].map(() => ({ outcome: 'acked', error: 'é'.repeat(10) })));
    expect(halves.doubts).toEqual([]);
  });
});

describe('a program that makes its report doubtful', () => {
  const doubtful = async (
    mode: string,
    ...args: Parameters<typeof run> extends [string, ...infer Rest] ? Rest : never
  ) => {
    const { outcomes, doubts } = await run(mode, ...args);
    return {
      outcomes: kindsOf(outcomes),
      doubts: doubts.map((doubt) => doubt.replace(/^In the source, the program \w+ /, '')),
    };
  };

  test.each<[what: string, mode: string, outcomes: string[], doubts: string[]]>([
    [
      'claims an outcome twice',
      'claims-twice',
      ['acked', 'acked', 'acked'],
      ['told the outcome of 3 messages that it did not have, or had told before (first: m-0).'],
    ],
    [
      'says that it is complete before it has all messages',
      'complete-early',
      ['acked', 'unknown', 'unknown'],
      [
        'said that its report was complete before it had all messages.',
        'told 2 outcomes after it had said that its report was complete.',
      ],
    ],
    [
      'exits before it has told all',
      'exits-early',
      ['acked', 'acked', 'unknown'],
      ['exited with code 3.', 'did not say that its report is complete.'],
    ],
    [
      'never says that its report is complete',
      'no-complete',
      ['acked', 'acked', 'acked'],
      ['did not say that its report is complete.'],
    ],
    ['fails at its end', 'fails-at-end', ['acked', 'acked', 'acked'], ['exited with code 5.']],
    [
      'prints lines of 30 MiB',
      'long',
      ['acked', 'acked', 'acked'],
      ['printed 3 lines of more than 1048576 bytes, which nodrop left out.'],
    ],
  ])('because it %s', async (_, mode, outcomes, doubts) => {
    expect(await doubtful(mode)).toEqual({ outcomes, doubts });
  });

  test('because it claims an outcome for messages that it does not have', async () => {
    const { source } = await open('claims-others');
    const sending = send(source, numbered(3));
    const doubts = await source.end();
    // It told nothing of the first one, and of the others before it came to them.
    expect(kindsOf(await sending)).toEqual(['unknown', 'acked', 'acked']);
    expect(doubts).toEqual([
      'In the source, the program node told the outcome of 4 messages that it did not have, or had told before (first: never).',
    ]);
  });

  test('because its lines are none: their messages are unknown, and the first reason is told', async () => {
    const { outcomes, doubts } = await doubtful('unreadable', numbered(6));
    expect(outcomes).toEqual(Array(6).fill('unknown'));
    expect(doubts).toEqual([
      'printed 7 lines that cannot be read (the first has no outcome that is acked, rejected or unknown).',
    ]);
  });

  test('because it falls silent: it is ended, and takes no more messages', async () => {
    const { source, options } = await open('silent', { timeoutMs: 1_000 });
    expect(kindsOf(await send(source, numbered(3)))).toEqual(['acked', 'unknown', 'unknown']);
    await expect(source.send(numbered(1, 3))).rejects.toMatchObject({
      code: 'unavailable',
      message: 'A source cannot go on: the program node told the outcome of no message for 1 s.',
      hint: `It printed nothing to its log, ${options.logFile}.`,
    });
    expect((await source.end())[0]).toBe(
      'In the source, the program node told the outcome of no message for 1 s.',
    );
  });

  test('because it prints without an end: its log has a limit, and it is ended', async () => {
    const { outcomes, doubts, log } = await run('flood', numbered(3), { timeoutMs: 1_500 });
    expect(kindsOf(outcomes)).toEqual(['acked', 'acked', 'acked']);
    expect(doubts).toContain('In the source, the program node did not end within 1.5 s.');
    expect(log.length).toBeLessThan(65 * 2 ** 20);
  });
});

describe('a program that does not begin', () => {
  test('because it exits: the error has its last lines', async () => {
    await expect(open('not-ready')).rejects.toMatchObject({
      code: 'unavailable',
      message: 'A source cannot go on: the program node exited with code 4 before it was ready.',
      hint: expect.stringMatching(/no broker$/) as string,
    });
  });

  test('because it does not say that it is ready', async () => {
    await expect(open('never-ready', { timeoutMs: 500 })).rejects.toMatchObject({
      code: 'unavailable',
      message: 'A source cannot go on: the program node did not print {"type":"ready"} within 0.5 s.',
      hint: expect.stringMatching(/still waiting$/) as string,
    });
  });

  test('because there is no such program, or no such folder', async () => {
    const missing = openCommandSource({ command: 'no-such-program --secret' }, sourceOptions());
    await expect(missing).rejects.toMatchObject({
      code: 'unavailable',
      message: 'A source cannot go on: the program no-such-program exited with code 127 before it was ready.',
    });
    await expect(open('honest', {}, { cwd: 'nowhere' })).rejects.toMatchObject({ code: 'usage' });
  });
});

test('what a program leaves behind in its process group is ended, and its messages are unknown', async () => {
  const { source, options } = await open('forks-and-exits');
  await vi.waitFor(async () => {
    await expect(source.send(numbered(1))).rejects.toMatchObject({
      message: 'A source cannot go on: the program node exited with code 0.',
    });
  });
  const [, pid] = /child (\d+)/.exec(readFileSync(options.logFile, 'utf8'))!;
  // A zombie has ended, and waits until its parent has asked how.
  await expect.poll(async () => (await processState(Number(pid))) ?? 'Z').toBe('Z');
});

test('if one of several programs is gone, the others take its messages', async () => {
  const { source } = await open('exits-early', {}, { workers: 2 });
  const first = numbered(3).map((message) => ({ ...message, key: Buffer.from('k') }));
  expect(kindsOf(await send(source, first))).toEqual(['acked', 'acked', 'unknown']);
  const [next] = await source.send([outgoing(1, {}, { key: 'k' })]);
  expect(next).toMatchObject({ outcome: 'acked' });
  const doubts = await source.end();
  expect(
    doubts.filter((doubt) =>
      /^In the source, worker \d of the program node exited with code 3\.$/.test(doubt),
    ),
  ).toHaveLength(1);
});
