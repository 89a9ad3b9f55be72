import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { OperationalError } from '../../../src/errors.ts';
import { readHistory } from '../../../src/audit/history/read-history.ts';
import { audit } from '../../../src/audit/judge/audit.ts';
import { auditOf, complete, evidenceOf, findingsOf, linesOf, right, type LineObject } from './lines.ts';

function fileOf(content: string | Buffer, name = 'history.jsonl'): string {
  const path = join(mkdtempSync(join(tmpdir(), 'nodrop-history-')), name);
  writeFileSync(path, content);
  return path;
}

async function errorOf(...paths: string[]): Promise<OperationalError> {
  const error: unknown = await readHistory(paths).catch((thrown: unknown) => thrown);
  expect(error).toBeInstanceOf(OperationalError);
  expect((error as OperationalError).exitCode).toBe(64);
  return error as OperationalError;
}

const wellFormed = '{"type":"complete","of":"log"}\n';

test.each([
  ['no', 'is not JSON'],
  ['[]', 'is not a JSON object'],
  ['null', 'is not a JSON object'],
  ['{}', 'has no type'],
  ['{"type":null}', 'has no type'],
  ['{"type":1}', 'has a type that is not a text'],
  ['{"type":"record"}', 'has the unknown type "record"'],
  ['{"type":"constructor"}', 'has the unknown type "constructor"'],
  ['{"type":"send","id":"a","outcome":"acked"}', 'of type send has no state'],
  ['{"type":"send","id":null,"state":"failed","outcome":"acked"}', 'of type send has no id'],
  ['{"type":"send","id":1,"state":"failed","outcome":"acked"}', 'has an id that is not a text'],
  ['{"type":"send","id":"a","state":"failed","outcome":"ok"}', 'not one of acked, rejected, unknown'],
  ['{"type":"send","id":"a","state":"failed","outcome":"acked","offset":"1"}', 'not an integer'],
  ['{"type":"send","id":"a","state":"failed","outcome":"acked","digest":""}', 'not a text that is not empty'],
  ['{"type":"log","partition":0,"offset":0}', 'of type log has no id'],
  ['{"type":"log","partition":0,"offset":0,"foreign":false}', 'of type log has no id'],
  ['{"type":"log","partition":0,"offset":0,"foreign":"yes"}', 'of type log has no id'],
  ['{"type":"log","partition":0,"offset":-1,"id":"a"}', 'has an offset that is not an integer'],
  ['{"type":"log","partition":0.5,"offset":1,"id":"a"}', 'has a partition that is not an integer'],
  ['{"type":"log","partition":0,"offset":9007199254740993,"id":"a"}', 'has an offset'],
  ['{"type":"log","partition":0,"offset":1,"id":"a","crc":true}', 'not ok or bad'],
  ['{"type":"logRange","partition":0,"start":1}', 'has no end'],
  ['{"type":"store","id":"a"}', 'has no category'],
  ['{"type":"store","id":"a","category":"dead-letters"}', 'other than dead-letters'],
  ['{"type":"deadLetter","partition":0,"offset":1}', 'has no reason'],
  ['{"type":"complete","of":"plan"}', 'has an of that is not one of'],
  ['{"type":"run","run":"r","messages":{"p0":-1}}', 'an object of integers'],
  ['{"type":"run","run":"r","hops":["plan"]}', 'an array'],
  ['{"type":"run","run":"r","messages":{"p0":90000000,"p1":90000000}}', 'plans more than'],
])('the line %s is refused with an error that names file and line', async (line, words) => {
  const path = fileOf(`${wellFormed}\n${line}\n${wellFormed}`);
  const { message } = await errorOf(path);
  expect(message).toContain(`${path}:3: the line `);
  expect(message).toContain(words);
});

test('an error in the second file names the second file and its line', async () => {
  const bad = fileOf('nonsense');
  expect((await errorOf(fileOf(wellFormed.repeat(5)), bad)).message).toContain(`${bad}:1:`);
});

test('a second run line, a missing file, a folder, and a file that is given twice are refused', async () => {
  const run = fileOf('{"type":"run","run":"r"}\n');
  expect((await errorOf(run, fileOf('{"type":"run","run":"r"}\n'))).message).toContain('a second run line');
  expect((await errorOf(join(tmpdir(), 'nodrop-no-such-file'))).message).toContain('cannot be read');
  expect((await errorOf(tmpdir())).message).toContain('cannot be read');
  expect((await errorOf(run, run)).message).toContain('named twice');
});

test('a line that is too long, and one that is not UTF-8, are refused', async () => {
  const long = `{"type":"complete","of":"log","x":"${'x'.repeat(16 * 2 ** 20)}"}\n`;
  const path = fileOf(wellFormed + long);
  expect((await errorOf(path)).message).toContain(`${path}:2: the line is longer than`);
  const bytes = Buffer.concat([
    Buffer.from('{"type":"complete","of":"log","x":"'),
    Buffer.from([0xff, 0x22]),
  ]);
  expect((await errorOf(fileOf(bytes))).message).toContain('is not UTF-8');
});

test('null is the same as absent, unknown fields are ignored, and lines may end in CRLF', async () => {
  const lines = linesOf([
    ...right('a', 0, { key: null, digest: null, sequence: null, time: null, note: [1] }),
    { type: 'store', id: null, foreign: true, category: 'failed' },
    ...complete,
  ]);
  const path = fileOf(`\ufeff${lines.join('\r\n')}`, 'orders.jsonl');
  const evidence = await readHistory([path]);
  expect(evidence.run).toBe('orders.jsonl');
  expect(await audit(evidence)).toMatchObject({ verdict: 'pass', notChecked: [], store: { rows: 1 } });
});

test('an empty history is inconclusive', async () => {
  expect((await audit(await readHistory([fileOf('')]))).verdict).toBe('inconclusive');
});

test('a line that spans two chunks of a file is read whole', async () => {
  const objects = Array.from({ length: 20_000 }, (_, offset) => right(`ä-${offset}`, offset));
  const path = fileOf(linesOf([...objects.flat(), ...complete]).join('\n'));
  const result = await audit(await readHistory([path]));
  expect(result).toMatchObject({ verdict: 'pass', ledger: { acked: 20_000 }, store: { rows: 20_000 } });
});

const healthy = [...right('a', 0), ...right('b', 1), ...complete];

test.each<[string, LineObject[], string]>([
  ['without complete lines', right('a', 0), 'ledger'],
  ['without messages', complete, 'No message was acknowledged'],
  [
    'with two states of one message',
    [...healthy, { type: 'send', id: 'a', state: 'completed', outcome: 'acked' }],
    'contradicts itself',
  ],
  [
    'with two digests of one message',
    [...right('a', 0, { digest: 'x' }), { ...right('a', 0)[0]!, digest: 'y' }, ...complete],
    'contradicts itself',
  ],
  [
    'with two ranges of one partition',
    [...healthy, ...[2, 3].map((end) => ({ type: 'logRange', partition: 0, start: 0, end }))],
    'contradicts itself',
  ],
  [
    'that lists deliveries as a hop but has none',
    [...healthy, { type: 'run', run: 'r', hops: ['ledger', 'log', 'store', 'deliveries'] }],
    'deliveries',
  ],
  [
    'that lists written as a hop, with two messages at one offset',
    [
      ...healthy,
      { type: 'run', run: 'r', hops: ['ledger', 'log', 'store', 'written'] },
      ...['a', 'b'].map((id) => ({ type: 'written', partition: 0, offset: 0, id })),
      { type: 'complete', of: 'written' },
    ],
    'contradicts itself',
  ],
  [
    'with a planned message that was not sent',
    [...right('a', 0, { sequence: 0 }), ...complete, { type: 'run', run: 'r', messages: { p0: 2 } }],
    '1 message of the plan never sent',
  ],
])('a history %s is inconclusive', async (_, lines, words) => {
  const result = await auditOf(...lines);
  expect(result).toMatchObject({ verdict: 'inconclusive', findings: [] });
  expect(result.notChecked.join(' ')).toContain(words);
});

test('two ids for one record make the log not whole, and the log still proves findings', async () => {
  const claims = [...healthy, { type: 'log', id: 'b', partition: 0, offset: 0 }];
  const result = await auditOf(...claims);
  expect(result.notChecked.join(' ')).toContain('contradicts itself');
  expect(result.verdict).toBe('fail');
});

test('a history passes without the lines of a hop that its run line does not list', async () => {
  const lines = healthy.filter(({ type, of }) => type !== 'log' && of !== 'log');
  expect((await auditOf(...lines)).verdict).toBe('inconclusive');
  const listed = [...lines, { type: 'run', run: 'r', hops: ['ledger', 'store'] }];
  expect(await auditOf(...listed)).toMatchObject({ verdict: 'pass', findings: [] });
  const without = listed.filter(({ type, id }) => type !== 'store' || id !== 'b');
  expect(findingsOf(await auditOf(...without))).toEqual(['lost unknown: b']);
});

test('a hop that is complete and has no lines is empty, not missing', async () => {
  const lines = healthy.filter(({ type }) => type !== 'store');
  expect(findingsOf(await auditOf(...lines))).toEqual(['lost consumer: a b']);
  const noLog = healthy.filter(({ type }) => type !== 'log');
  expect(findingsOf(await auditOf(...noLog))).toEqual(['lost broker: a b']);
});

test('an ack with DUPLICATE_SEQUENCE_NUMBER counts as an ack without an offset', async () => {
  const [send, ...rest] = right('a', 0);
  const duplicate = { ...send!, offset: 7, error: 'DUPLICATE_SEQUENCE_NUMBER' };
  expect((await auditOf(duplicate, ...rest, ...complete)).verdict).toBe('pass');
  const timeout = { ...send!, offset: 7, error: 'REQUEST_TIMED_OUT' };
  expect(findingsOf(await auditOf(timeout, ...rest, ...complete))).toEqual(['offset-conflict broker: a']);
});

test('the last of several positions of a partition counts, also across files', async () => {
  const path = fileOf(
    linesOf([
      ...healthy.filter(({ type }) => type !== 'store'),
      { type: 'position', partition: 0, offset: 2 },
    ]).join('\n'),
  );
  const later = fileOf('{"type":"position","partition":0,"offset":0}', 'later.jsonl');
  expect(await audit(await readHistory([path, later]))).toMatchObject({
    verdict: 'inconclusive',
    findings: [],
  });
  expect(findingsOf(await audit(await readHistory([later, path])))).toEqual(['lost consumer: a b']);
});

test('if the log has no sequences, order is judged by the sequences of the sends', async () => {
  const lines = [...right('a', 1, { sequence: 0 }), ...right('b', 0, { sequence: 1 }), ...complete];
  expect(findingsOf(await auditOf(...lines))).toEqual(['reordered producer: a']);
  const elsewhere = [...right('a', 1, { sequence: 0 }), ...right('b', 0, { sequence: 1, session: 1 })];
  expect((await auditOf(...elsewhere, ...complete)).verdict).toBe('pass');
  // The record of `a` may be of either session.
  const unclear = [...lines, { ...right('a', 1, { sequence: 0, session: 1 })[0]! }];
  expect((await auditOf(...unclear)).verdict).toBe('pass');
});

test('a record with a planned sequence that was not sent makes the history inconclusive', async () => {
  const plan = { type: 'run', run: 'r', messages: { p0: 2 } };
  const stray = [
    { type: 'log', id: 'x', partition: 0, offset: 1, producer: 'p0', sequence: 1 },
    { type: 'store', id: 'x', category: 'failed', partition: 0, offset: 1 },
  ];
  const sent = right('a', 0, { sequence: 0 });
  expect(await auditOf(plan, ...sent, ...stray, ...complete)).toMatchObject({
    verdict: 'inconclusive',
    findings: [],
  });
  const both = [plan, ...sent, ...right('b', 2, { sequence: 1 }), ...stray, ...complete];
  expect(findingsOf(await auditOf(...both))).toContain('phantom producer: x');
});

test('a dead letter belongs to the message with its id, or if it has none, to the one at its position', async () => {
  const [send, log] = right('a', 0, { state: 'unheard-of' });
  const letter = { type: 'deadLetter', partition: 0, offset: 0, reason: 'unknown state' };
  expect(await auditOf(send!, log!, letter, ...complete)).toMatchObject({
    verdict: 'pass',
    store: { deadLetters: 1 },
  });
  const named = { ...letter, id: 'a', offset: 0 };
  expect(await auditOf(send!, log!, named, ...complete)).toMatchObject({
    verdict: 'pass',
    store: { deadLetters: 1 },
  });
});

test('delivery, written and commit lines become evidence', () => {
  const evidence = evidenceOf([
    ...healthy,
    ...[0, 1, 1].map((offset) => ({ type: 'delivery', partition: 0, offset, consumer: 'c', epoch: 3 })),
    { type: 'written', partition: 0, offset: 0, id: 'a', category: 'failed', digest: 'x' },
    { type: 'written', partition: 0, offset: 1, category: 'dead-letters' },
    { type: 'commit', partition: 0, offset: 1 },
    { type: 'commit', partition: 0, offset: 2 },
  ]);
  expect([...evidence.commits!]).toEqual([[0, 2]]);
  const [deliveries] = evidence.deliveries!.batches();
  expect([...deliveries!.first]).toEqual([0, 1]);
  expect([...deliveries!.end]).toEqual([2, 2]);
  const [written] = evidence.written!.batches();
  expect([...written!.message]).toEqual([0, -1]);
  expect([...written!.category]).toEqual([0, 0xffff]);
  expect(evidence.deliveries).toMatchObject({ whole: false, required: false });
});
