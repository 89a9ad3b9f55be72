import { expect, test } from 'vitest';
import {
  headerNamePrefix,
  headerNames,
  noOrigin,
  readOrigin,
  type HeaderSource,
} from '../src/record-headers.ts';

const whole = {
  [headerNames.run]: 'demo',
  [headerNames.producer]: 'p0',
  [headerNames.session]: '0',
  [headerNames.sequence]: '17',
  [headerNames.digest]: '00000000000000ff',
};
const origin = { run: 'demo', producer: 'p0', session: 0, sequence: 17, digest: '00000000000000ff' };

/** A record of these headers, whose values lie one after another. */
const read = (changed: Record<string, string | Uint8Array | null>): unknown => {
  const headers = new Map(Object.entries({ ...whole, ...changed }));
  const values = [...headers.values()].map((value) => Buffer.from(value ?? ''));
  const source: HeaderSource = {
    bytes: Buffer.concat(values),
    findHeaders: (_, names, spans) => {
      let at = 0;
      for (const [index, [name, value]] of [...headers].entries()) {
        const which = names.findIndex((wanted) => wanted.equals(Buffer.from(name)));
        const end = at + values[index]!.length;
        spans.set(value === null ? [-1, -1] : [at, end], 2 * which);
        at = end;
      }
    },
  };
  const place = noOrigin();
  readOrigin(source, 0, place);
  const { digestStart, digestEnd, ...rest } = place;
  const digest = digestStart < 0 ? undefined : String(source.bytes.subarray(digestStart, digestEnd));
  return { ...rest, digest };
};

test('an origin is read as it was written', () => {
  expect(read({})).toEqual(origin);
  expect(read({ [headerNames.run]: 'é\ufffd🙂' })).toEqual({ ...origin, run: 'é\ufffd🙂' });
  expect(Object.values(headerNames).every((name) => name.startsWith(headerNamePrefix))).toBe(true);
});

const missing = { producer: undefined, session: NaN, sequence: NaN, digest: undefined };
const nobody = { run: undefined, ...missing };
const unreadable = ['a\0b', '\0', Buffer.from([0xff]), Buffer.from([0x70, 0xc3]), null];

test.each(unreadable)('a run that cannot be read makes the record nobody of ours: %j', (run) => {
  expect(read({ [headerNames.run]: run })).toEqual(nobody);
});

test.each(unreadable)('another text that cannot be read is missing, never mangled: %j', (value) => {
  for (const field of ['producer', 'session', 'sequence', 'digest'] as const) {
    expect(read({ [headerNames[field]]: value })).toEqual({ ...origin, [field]: missing[field] });
  }
});

test.each(['', '-1', '01', '1.0', '1e3', ' 1', '4294967295', '99999999999', '9'.repeat(400), '\ufeff1'])(
  'no number is read from %j',
  (value) => {
    expect(read({ [headerNames.sequence]: value })).toEqual({ ...origin, sequence: NaN });
    expect(read({ [headerNames.session]: value })).toEqual({ ...origin, session: NaN });
  },
);
