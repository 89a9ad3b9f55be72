/** Programs that print the lines of Apache's VerifiableProducer. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { openReportedSource } from '../../../src/sources/open-source.ts';
import type { ReportedSend, ReportedSource, SourceOptions } from '../../../src/sources/source.ts';
import { newDir } from '../../fixtures/nodrop.ts';
import { sourceOptions } from '../../fixtures/outgoing.ts';

const sources: ReportedSource[] = [];
afterEach(async () => {
  for (const source of sources.splice(0)) await source.close();
});

const event = (name: string, fields: object = {}): string =>
  JSON.stringify({ timestamp: 1, name, ...fields });
const success = (n: number, fields: object = {}): string =>
  event('producer_send_success', {
    key: null,
    value: `${n}`,
    offset: n,
    partition: 1,
    topic: 't',
    ...fields,
  });
const error = (n: number, exception: string): string =>
  event('producer_send_error', {
    topic: 't',
    key: '7',
    value: `1.${n}`,
    exception: `class ${exception}`,
    message: 'm',
  });
const ending = (sent: number): string[] => [
  event('shutdown_complete'),
  event('tool_data', { sent, acked: sent, target_throughput: -1, avg_throughput: 1.5 }),
];

/** A program that prints these lines, and then runs what the shell is told. */
async function report(
  lines: readonly string[],
  then = '',
  given: Partial<SourceOptions> = {},
): Promise<{ sends: ReportedSend[]; doubts: readonly string[]; log: string }> {
  const file = join(newDir(), 'lines');
  writeFileSync(file, lines.map((line) => `${line}\n`).join(''));
  const options = sourceOptions(given);
  const source = await openReportedSource(
    { command: `cat ${file}; ${then}`, protocol: 'verifiable-producer' },
    options,
  );
  sources.push(source);
  const sends = await Array.fromAsync(source.sends());
  const doubts = (await source.end()).map((doubt) => doubt.replace('In the source, the program cat ', ''));
  return { sends, doubts, log: readFileSync(options.logFile, 'utf8') };
}

test('a whole report gives each send in its order, and other lines are the log', async () => {
  const lines = [
    event('startup_complete'),
    success(0),
    'SLF4J: something',
    success(1, { key: 'k' }),
    ...ending(2),
  ];
  expect(await report(lines)).toEqual({
    sends: [
      { key: null, value: '0', outcome: 'acked', partition: 1, offset: 0 },
      { key: 'k', value: '1', outcome: 'acked', partition: 1, offset: 1 },
    ],
    doubts: [],
    log: 'SLF4J: something\n',
  });
});

test('an error rejects only where nothing was sent, and a success without an offset is none', async () => {
  const kafka = 'org.apache.kafka.common.errors';
  const { sends, doubts } = await report([
    error(0, `${kafka}.RecordTooLargeException`),
    error(1, `${kafka}.TimeoutException`),
    error(2, `${kafka}.NotLeaderOrFollowerException`),
    success(3, { offset: -1 }),
    ...ending(4),
  ]);
  expect(sends.map(({ value, key, outcome }) => [value, key, outcome])).toEqual([
    ['1.0', '7', 'rejected'],
    ['1.1', '7', 'unknown'],
    ['1.2', '7', 'unknown'],
    ['3', null, 'unknown'],
  ]);
  expect(sends[1]!.error).toBe(`${kafka}.TimeoutException`);
  expect(doubts).toEqual([]);
});

test('a report that is cut off, or does not agree with its own count, is not whole', async () => {
  const cut = 'was cut off: it did not print shutdown_complete.';
  const uncounted = 'did not print how many messages it has sent (tool_data).';
  const killed = await report([success(0)], 'kill -9 $$');
  expect(killed.sends).toHaveLength(1);
  expect(killed.doubts).toEqual(['was ended by SIGKILL.', cut, uncounted]);
  expect((await report([success(0)])).doubts).toEqual([cut, uncounted]);
  expect((await report([success(0), ...ending(3)])).doubts).toEqual([
    'counted 3 sends and told the outcome of 1.',
  ]);
  expect((await report([success(0), ...ending(1)], 'exit 143')).doubts).toEqual([]);
  expect((await report([success(0), ...ending(1)], 'exit 1')).doubts).toEqual(['exited with code 1.']);
});

test('lines that cannot be read, or are too long, make the report doubtful', async () => {
  const lines = [
    success(0, { value: 7 }),
    success(1, { offset: '1' }),
    success(2, { partition: -1 }),
    'x'.repeat(2 ** 21),
    ...ending(0),
  ];
  const { sends, doubts } = await report(lines, "head -c 100000 /dev/urandom | tr -d '\\n'");
  expect(sends).toEqual([]);
  expect(doubts).toEqual([
    'printed 3 lines that cannot be read.',
    'printed 1 line of more than 1048576 bytes.',
  ]);
});

test('a program that falls silent is ended', async () => {
  const { sends, doubts } = await report([success(0)], 'sleep 300', { timeoutMs: 500 });
  expect(sends).toHaveLength(1);
  expect(doubts[0]).toBe('printed nothing for 0.5 s, and nodrop ended it.');
});

test('what is not asked for waits in the program: many sends take little memory', async () => {
  const source = await openReportedSource(
    {
      command: `yes '${success(0)}' | head -n 300000`,
      protocol: 'verifiable-producer',
    },
    sourceOptions(),
  );
  sources.push(source);
  let count = 0;
  for await (const { outcome } of source.sends()) count += Number(outcome === 'acked');
  expect(count).toBe(300_000);
});
