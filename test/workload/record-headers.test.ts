import fc from 'fast-check';
import { expect, test } from 'vitest';
import { RecordBatchEncoder, type RecordHeader } from '../../src/kafka/record-batch/record-batch-encoder.ts';
import { RecordBatch } from '../../src/kafka/record-batch/record-batch.ts';
import { headerNamePrefix, headerNames, noOrigin, readOrigin } from '../../src/workload/record-headers.ts';

const whole = {
  [headerNames.run]: 'demo',
  [headerNames.producer]: 'p0',
  [headerNames.session]: '0',
  [headerNames.sequence]: '17',
  [headerNames.digest]: '00000000000000ff',
};
const origin = { run: 'demo', producer: 'p0', session: 0, sequence: 17, digest: '00000000000000ff' };

/** The origin that is read from a record with these headers. */
const read = (changed: Record<string, string | Uint8Array | null>): unknown => {
  const headers = Object.entries({ ...whole, ...changed });
  return statedIn(
    batchOf([headers.map(([name, value]) => [name, value === null ? null : Buffer.from(value)])]),
    0,
  );
};

function batchOf(records: readonly RecordHeader[][]): RecordBatch {
  const encoder = new RecordBatchEncoder();
  for (const headers of records) encoder.append(0, null, null, headers);
  return new RecordBatch(encoder.finish());
}

function statedIn(batch: RecordBatch, record: number): unknown {
  const place = noOrigin();
  readOrigin(batch, record, place);
  const { digestStart, digestEnd, ...rest } = place;
  const digest = digestStart < 0 ? undefined : String(batch.bytes.subarray(digestStart, digestEnd));
  return { ...rest, digest };
}

test('an origin is read back unchanged', () => {
  expect(read({})).toEqual(origin);
  expect(read({ [headerNames.run]: 'é\ufffd🙂' })).toEqual({ ...origin, run: 'é\ufffd🙂' });
  expect(Object.values(headerNames).every((name) => name.startsWith(headerNamePrefix))).toBe(true);
});

const missing = { producer: undefined, session: NaN, sequence: NaN, digest: undefined };
const nobody = { run: undefined, ...missing };
const unreadable = ['a\0b', '\0', Buffer.from([0xff]), Buffer.from([0x70, 0xc3]), null];

test.each(unreadable)('a record with the unreadable run id %j is not of any run', (run) => {
  expect(read({ [headerNames.run]: run })).toEqual(nobody);
});

test.each(unreadable)('an unreadable value of another header is missing, not altered: %j', (value) => {
  for (const field of ['producer', 'session', 'sequence', 'digest'] as const) {
    expect(read({ [headerNames[field]]: value })).toEqual({ ...origin, [field]: missing[field] });
  }
});

test.each(['', '-1', '01', '1.0', '1e3', ' 1', '4294967295', '99999999999', '9'.repeat(400), '\ufeff1'])(
  'the header value %j is not a number',
  (value) => {
    expect(read({ [headerNames.sequence]: value })).toEqual({ ...origin, sequence: NaN });
    expect(read({ [headerNames.session]: value })).toEqual({ ...origin, session: NaN });
  },
);

test('the origin of a record does not depend on the records before it', () => {
  const value = fc.constantFrom(
    '0',
    '1',
    '17',
    '1.0',
    'p0',
    'p10',
    '00000000000000ff',
    '00000000000000fe',
    'xyz',
  );
  const header = fc.tuple(fc.constantFrom(...Object.values(headerNames), 'other'), value);
  const usual = fc.record({
    [headerNames.run]: fc.constantFrom('demo', 'memo'),
    [headerNames.producer]: fc.constantFrom('p0', 'p1'),
    [headerNames.session]: fc.constantFrom('0', '1'),
    [headerNames.sequence]: fc.nat(200).map(String),
    [headerNames.digest]: fc.constantFrom('00000000000000ff', '00000000000000FF', '123456789abcdef0'),
  });
  const headers = fc.oneof(usual.map(Object.entries<string>), fc.array(header, { maxLength: 7 }));
  fc.assert(
    fc.property(fc.array(headers, { minLength: 2, maxLength: 12 }), (records) => {
      const encoded = records.map((entries) =>
        entries.map(([name, text]): RecordHeader => [name, Buffer.from(text)]),
      );
      const together = batchOf(encoded);
      const all = encoded.map((_, record) => statedIn(together, record));
      for (const [record, alone] of encoded.entries()) {
        // The record before it has no header in common.
        const batch = batchOf([[['other', null]], alone]);
        statedIn(batch, 0);
        expect(all[record]).toEqual(statedIn(batch, 1));
      }
    }),
    { numRuns: 300 },
  );
});
