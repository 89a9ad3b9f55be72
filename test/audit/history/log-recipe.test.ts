/** Runs the command in the documents that turns the output of kcat into `log` lines. */
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { parseLine } from '../../../src/audit/history/parse-line.ts';

const document = readFileSync(join(import.meta.dirname, '../../../docs/reference/history-format.md'), 'utf8');
const [, recipe] = /kcat -C .* -J \| jq -c '([^']+)'/.exec(document)!;

/** A record in the form in which `kcat -J` prints it. */
const record = (offset: number, headers: (string | null)[] | undefined, payload: string | null): object => ({
  topic: 'orders',
  partition: 2,
  offset,
  key: 'k',
  payload,
  ...(headers !== undefined && { headers }),
});

test('the documented jq command gives each record the id in its own header, or marks it as foreign', () => {
  const input = [
    record(0, ['type', 'id', 'id', 'a1'], '{"version":1}'),
    record(1, ['traceparent', '00-abc-01'], '{"version":1}'),
    record(2, undefined, '{"version":1}'),
    record(3, ['id', 'a4'], null),
    record(4, ['id', 'first', 'id', 'a5'], 'no JSON, and no object either'),
    record(5, ['id', null], '7'),
  ];
  const lines = execFileSync('jq', ['-c', recipe!], {
    input: input.map((line) => JSON.stringify(line)).join('\n'),
    encoding: 'utf8',
  })
    .trim()
    .split('\n');
  const log = { type: 'log', partition: 2, key: 'k', foreign: false, tombstone: false };
  const foreign = { ...log, id: null, foreign: true };
  expect(lines.map((line) => JSON.parse(line) as unknown)).toEqual([
    { ...log, offset: 0, id: 'a1', digest: '1' },
    { ...foreign, offset: 1, digest: '1' },
    { ...foreign, offset: 2, digest: '1' },
    { ...log, offset: 3, id: 'a4', tombstone: true, digest: null },
    { ...log, offset: 4, id: 'a5', digest: 'no JSON' },
    { ...foreign, offset: 5, digest: 'no JSON' },
  ]);
  for (const line of lines) expect(parseLine(line)).toMatchObject({ type: 'log', partition: 2 });
});
