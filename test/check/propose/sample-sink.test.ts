/** Rows of sinks that cannot look ids up: they are read from the begin. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { findRows, sampleSink } from '../../../src/check/propose/sample-sink.ts';
import { textOf } from '../../../src/check/propose/sample.ts';
import { openSink } from '../../../src/sinks/open-sink.ts';
import { Deadline } from '../../../src/system/deadline.ts';
import { newDir } from '../../fixtures/nodrop.ts';

const rowsOf = (line: (row: number) => string): string =>
  Array.from({ length: 20_000 }, (_, row) => `${line(row)}\n`).join('');

test.each([
  ['CSV', 'rows.csv', `id,n\n${rowsOf((row) => `o-${row},${row}`)}`, 'column:id'],
  [
    'JSON lines',
    'rows.jsonl',
    rowsOf((row) => JSON.stringify({ order: { id: `o-${row}` } })),
    'json:order.id',
  ],
])(
  'of %s the first rows are the sample, and wanted ids are found further down',
  async (_, name, text, place) => {
    const path = join(newDir(), name);
    writeFileSync(path, text);
    const { signal } = new AbortController();
    const sink = await openSink({ location: `file:${path}`, timeoutMs: 20_000, signal });
    const deadline = new Deadline(20_000, signal);
    const sample = await sampleSink(sink, deadline);
    expect(sample.count).toBe(1000);
    const at = sample.places.findIndex((each) => each.text === place);
    const ids = ['o-17', 'o-19999', 'o-x'];
    const wanted = { at, byForm: new Map([['text', new Set(ids)]] as const), texts: ids };
    const { rows } = await findRows(sink, sample, [wanted], deadline);
    expect(rows.get(at)!.columns[at]!.map((value) => textOf(value!))).toEqual(['o-17', 'o-19999']);
    await sink.close();
  },
);
