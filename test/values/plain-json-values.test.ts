import fc from 'fast-check';
import { expect, test } from 'vitest';
import { JsonValues } from '../../src/values/json-values.ts';

/** The text, number or boolean that JSON.parse finds at the path; undefined if there is none, or if it is not JSON. */
function parsed(bytes: Uint8Array, path: readonly string[]): string | number | boolean | undefined {
  try {
    const text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
    let value: unknown = JSON.parse(text);
    for (const name of path) {
      if (typeof value !== 'object' || value === null || Array.isArray(value)) return undefined;
      if (!Object.hasOwn(value, name)) return undefined;
      value = (value as Record<string, unknown>)[name];
    }
    return ['string', 'number', 'boolean'].includes(typeof value) ? (value as string) : undefined;
  } catch {
    return undefined;
  }
}

/** Bytes behind the scanned ones: each would continue JSON that is cut off. */
const followers = ['', ' ', '0', '"}'];

/** The plain value of an ASCII document, which must be the same with all followers. */
function scanned(bytes: Uint8Array, path: readonly string[]): string | undefined {
  const values = new JsonValues([path]);
  const [found, ...others] = followers.map((follower) => {
    const whole = Buffer.concat([Buffer.from('{'), bytes, Buffer.from(follower)]);
    if (!values.read(whole, 1, 1 + bytes.length) || !values.isAscii || !values.isPlain(0)) return undefined;
    return whole.toString('latin1', values.startOf(0), values.endOf(0));
  });
  for (const other of others) expect(other).toBe(found);
  return found;
}

const name = fc.constantFrom('a', 'b', 'state', '__proto__', '', 'st\\u0061te', 'é', '0');
const space = fc.constantFrom('', '', ' ', '\n\t\r ', '\f', '\u00a0');
const strings = [
  '"x"',
  '"failed"',
  '"\\"}"',
  '"\\u00e9"',
  '"\\x"',
  '"é"',
  '"',
  '"\n"',
  '"\\u12g4"',
  '"\u007f"',
];
const numbers = ['1', '-0', '01', '1.5e+3', '1.', '.5', '1e', '-', '+1', 'NaN'];
const literals = ['true', 'false', 'null', 'nul', 'truer'];
const scalar = fc.constantFrom(...strings, ...numbers, ...literals);

/** Texts that are JSON, or nearly: names may come twice, and parts may be out of place. */
const { value } = fc.letrec<{ value: string; object: string; array: string }>((tie) => ({
  value: fc.oneof({ depthSize: 'small' }, scalar, tie('object'), tie('array')),
  object: fc
    .array(fc.tuple(space, name, space, tie('value'), space), { maxLength: 4 })
    .map((all) => `{${all.map(([a, key, b, text, c]) => `${a}"${key}"${b}:${text}${c}`).join(',')}}`),
  array: fc.array(tie('value'), { maxLength: 3 }).map((all) => `[${all.join(', ')}]`),
}));

const paths = [['state'], ['a', 'b'], ['__proto__'], ['a', '0'], [''], ['a', 'a', 'a'], ['é']];
const anyPath = fc.constantFrom(...paths);
const change = fc.tuple(fc.nat(), fc.constantFrom(...Buffer.from('{}[]",:\\ \n\0x0-e.\xff', 'latin1')));

test('a plain value of ASCII JSON is the one that JSON.parse finds, in valid and in invalid JSON', () => {
  let found = 0;
  const check = (bytes: Buffer, path: string[]): void => {
    const actual = scanned(bytes, path);
    if (actual === undefined) return;
    found += 1;
    const expected = parsed(bytes, path);
    expect(typeof expected === 'string' ? actual : JSON.parse(actual)).toBe(expected);
  };
  fc.assert(
    fc.property(value, anyPath, fc.array(change, { maxLength: 3 }), (text, path, changes) => {
      const bytes = Buffer.from(`{"state":"failed","a":{"b":"x","a":{"a":"y"}},"z":${text}}`);
      check(bytes, path);
      check(Buffer.from(text), path);
      for (const [at, byte] of changes) {
        bytes[at % bytes.length] = byte;
        check(bytes, path);
      }
    }),
    { numRuns: 20_000 },
  );
  expect(found).toBeGreaterThan(1_000);
});

test('a text without escapes is found in any ASCII JSON', () => {
  const ascii = fc.string({
    unit: fc.constantFrom('a', 'b', ' ', '{', '}', '[', ']', '"', ':', ','),
    maxLength: 8,
  });
  const state = fc.constantFrom('failed', 'in-progress', '');
  fc.assert(
    fc.property(
      fc.dictionary(fc.constantFrom('x', 'y', 'z'), fc.jsonValue({ maxDepth: 3 })),
      state,
      ascii,
      (rest, text, note) => {
        const message = JSON.stringify({ ...rest, status: { note, code: text, more: rest } });
        fc.pre(/^[\x20-\x7e]*$/.test(message));
        expect(scanned(Buffer.from(message), ['status', 'code'])).toBe(text);
      },
    ),
  );
});

test('nothing is found in JSON that is nested deeply or cut off', () => {
  for (const open of ['[', '{"a":']) {
    expect(scanned(Buffer.from(`{"state":"x","a":${open.repeat(100_000)}`), ['state'])).toBeUndefined();
  }
  const whole = '{"a":[1,-2.5e3,true,null,"\\u00e9"],"state":"failed"}';
  expect(scanned(Buffer.from(whole), ['state'])).toBe('failed');
  for (let length = 0; length < whole.length; length++) {
    expect(scanned(Buffer.from(whole.slice(0, length)), ['state'])).toBeUndefined();
  }
});
