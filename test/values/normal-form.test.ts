import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { formOf, Normaliser, type Form } from '../../src/values/normal-form.ts';

const normaliser = new Normaliser();
function normalFormOf(form: Form, text: string): string {
  const bytes = Buffer.from(`9${text}9`);
  normaliser.normalise(form, bytes, 1, bytes.length - 1);
  return Buffer.from(normaliser.bytes.slice(normaliser.start, normaliser.end)).toString('utf8');
}
const areEqual = (form: Form, a: string, b: string): boolean =>
  normalFormOf(form, a) === normalFormOf(form, b);

describe('normal forms', () => {
  it.each([
    ['number', '1.50', '1.5'],
    ['number', '15e-1', '1.5'],
    ['number', '1200', '1.2E3'],
    ['number', '-0.0', '0'],
    ['number', '007', '7'],
    ['number', '.5', '0.50'],
    ['number', '9007199254740993', '9007199254740993.000'],
    ['boolean', 'true', 't'],
    ['boolean', 'FALSE', '0'],
    ['uuid', '6F9619FF-8B86-D011-B42D-00C04FC964FF', '6f9619ff8b86d011b42d00c04fc964ff'],
    ['padded', 'ab   ', 'ab'],
    ['time', '2026-11-29T08:00:00Z', '2026-11-29 09:00:00.000+01'],
    ['time', '2026-11-29T08:00Z', '2026-11-29 08:00:00'],
    ['time', '2026-11-29T08:00:00.123456789Z', '2026-11-29 08:00:00.123457+00:00'],
    ['time', '2026-12-31T23:59:59.9999999Z', '2027-01-01 00:00:00'],
    ['time', '1764403200000', '2025-11-29T08:00:00Z'],
    ['time', '1969-12-31T23:59:59.5Z', '1969-12-31 22:59:59.500-01:00'],
    ['time', '2026-11-29', '2026-11-29T00:00:00Z'],
  ] as const)('as %s, %s and %s are equal', (form, a, b) => {
    expect(normalFormOf(form, a)).toBe(normalFormOf(form, b));
  });

  it.each([
    ['text', 'ab ', 'ab'],
    ['text', '1.10', '1.1'],
    ['text', 'e\u0301', '\u00e9'],
    ['text', 'A', 'a'],
    ['number', '9007199254740993', '9007199254740992'],
    ['number', '1e400', '1e401'],
    ['number', '10', '1'],
    ['number', '12e1', '12'],
    ['number', '', '0'],
    ['number', '1x', '1'],
    ['time', '2026-02-30', '2026-03-02'],
    ['time', '2026-11-29T08:00:00.000001Z', '2026-11-29T08:00:00.000002Z'],
    ['time', 'yesterday', '0'],
    ['boolean', 'yes', 'true'],
    ['padded', ' ab', 'ab'],
  ] as const)('as %s, %j and %j differ', (form, a, b) => {
    expect(areEqual(form, a, b)).toBe(false);
  });

  it('decimal numbers are equal exactly if their values are', () => {
    const decimal = fc
      .tuple(fc.bigInt({ min: -(10n ** 20n), max: 10n ** 20n }), fc.integer({ min: -5, max: 5 }), fc.nat(3))
      .map(([digits, exponent, zeros]) => ({
        value: digits * 10n ** BigInt(exponent + 5),
        text: `${digits}${zeros > 0 ? `.${'0'.repeat(zeros)}` : ''}e${exponent}`,
      }));
    fc.assert(
      fc.property(decimal, decimal, (a, b) => {
        expect(areEqual('number', a.text, b.text)).toBe(a.value === b.value);
        expect(areEqual('number', a.text, `${a.value}e-5`)).toBe(true);
      }),
    );
  });

  it('digits with or without a point have the normal form of the same number with an exponent', () => {
    const digits = fc.stringMatching(/^-?[0-9]{1,12}(\.[0-9]{0,12})?$/);
    fc.assert(
      fc.property(digits, (text) => {
        expect(normalFormOf('number', text)).toBe(normalFormOf('number', `${text}e0`));
      }),
      { numRuns: 1000 },
    );
  });

  it('a number is left as it is unless all of it is a number', () => {
    for (const text of ['-', '.', '-.', '1.2.3', '1-2', '--1', '1 ', '0x10', '١']) {
      expect(normalFormOf('number', text)).toBe(text);
    }
  });

  it('a UUID may have braces around it and dashes at their places; anything else is left as it is', () => {
    const pattern = /^\{?[0-9a-f]{8}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{12}\}?$/i;
    const edits = fc.array(
      fc.tuple(fc.nat(40), fc.nat(1), fc.constantFrom('', '-', '{', '}', 'a', 'F', 'g')),
      { maxLength: 3 },
    );
    fc.assert(
      fc.property(fc.uuid(), fc.boolean(), edits, (uuid, isUpper, changes) => {
        const letters = Array.from(isUpper ? uuid.toUpperCase() : uuid);
        for (const [at, removed, letter] of changes) letters.splice(at, removed, letter);
        const text = letters.join('');
        const normal = pattern.test(text) ? text.replaceAll(/[{}-]/g, '').toLowerCase() : text;
        expect(normalFormOf('uuid', text)).toBe(normal);
      }),
      { numRuns: 2000 },
    );
  });

  it('a document is the same without blanks, with other numbers of the same value, and in another order of names', () => {
    const written = ['{"b":[1.50,{"d":null,"c":"x"}],"a":12345678901234567891}', '[]', '{}'];
    const stored = ['{"a": 12345678901234567891, "b": [15e-1, {"c": "x", "d": null}]}', '[ ]', '{ }'];
    for (const [index, text] of written.entries()) {
      expect(normalFormOf('document', text)).toBe(normalFormOf('document', stored[index]!));
    }
    expect(normalFormOf('document', '{"a":12345678901234567890}')).not.toBe(
      normalFormOf('document', '{"a":12345678901234567891}'),
    );
    expect(normalFormOf('document', '[1,2]')).not.toBe(normalFormOf('document', '[2,1]'));
    for (const text of ['1.50', 'a b', '{broken', '']) expect(normalFormOf('document', text)).toBe(text);
  });

  it('the more exact kind of the two sides decides', () => {
    expect(formOf('text', 'number')).toBe('number');
    expect(formOf('uuid', 'text')).toBe('uuid');
    expect(formOf('json', 'padded')).toBe('padded');
    expect(formOf('json', 'json')).toBe('document');
    expect(formOf(formOf('json', 'json'), 'text')).toBe('text');
    expect(formOf('number', 'time')).toBe('time');
  });
});
