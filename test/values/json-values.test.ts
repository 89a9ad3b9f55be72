import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { JsonValues } from '../../src/values/json-values.ts';
import { ValueBatchBuilder } from '../../src/values/value-batch.ts';

function valuesAt(document: string, ...paths: string[][]): (string | null)[] | undefined {
  const values = new JsonValues(paths);
  // Bytes around the document must not count.
  const bytes = Buffer.from(`1${document}1`);
  if (!values.read(bytes, 1, bytes.length - 1)) return undefined;
  const builder = new ValueBatchBuilder(paths.length);
  values.addTo(builder);
  const { bytes: packed, start, end } = builder.take();
  return paths.map((_, path) => (start[path]! < 0 ? null : packed.toString('utf8', start[path], end[path])));
}

const isJson = (text: string): boolean => {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
};

describe('values of a JSON document', () => {
  it('numbers keep all their digits', () => {
    const document = '{"id":9007199254740993,"price":1.50,"tiny":1e-400}';
    expect(valuesAt(document, ['id'], ['price'], ['tiny'])).toEqual(['9007199254740993', '1.50', '1e-400']);
  });

  it('strings lose quotes and escapes, and structures stay as they are written', () => {
    const document = String.raw`{"a":"x\n\u00e9\"y","b":{"c":[1, {"d":2}]},"e":null,"f":true}`;
    expect(valuesAt(document, ['a'], ['b', 'c'], ['e'], ['f'], ['g'])).toEqual([
      'x\né"y',
      '[1, {"d":2}]',
      null,
      'true',
      null,
    ]);
  });

  it('lone halves of surrogate pairs are told apart', () => {
    expect(valuesAt(String.raw`{"a":"\ud800","b":"\ud801"}`, ['a'], ['b'])).toEqual([
      String.raw`"\ud800"`,
      String.raw`"\ud801"`,
    ]);
  });

  it('the last of two members with one name counts, whatever the first one was', () => {
    expect(valuesAt('{"a":{"b":1},"a":{"c":2}}', ['a', 'b'], ['a', 'c'])).toEqual([null, '2']);
    expect(valuesAt('{"a":{"b":1},"a":3}', ['a', 'b'], ['a'])).toEqual([null, '3']);
    expect(valuesAt(String.raw`{"a":1,"\u0061":2}`, ['a'])).toEqual(['2']);
    const repeated = '{"a":{"b":{"c":1}},"a":{"b":{"d":2}},"a":{"b":{"d":3},"b":{}}}';
    expect(valuesAt(repeated, ['a', 'b', 'c'], ['a', 'b', 'd'], ['a', 'b'])).toEqual([null, null, '{}']);
  });

  it('a document has nothing of the one before', () => {
    const values = new JsonValues([['a', 'b'], ['c']]);
    const builder = new ValueBatchBuilder(2);
    const read = (document: string): string[] => {
      values.read(Buffer.from(document), 0, document.length);
      values.addTo(builder);
      const { bytes, start, end } = builder.take();
      return [0, 1].map((path) => bytes.toString('utf8', Math.max(0, start[path]!), end[path]));
    };
    expect(read(String.raw`{"a":{"b":"\t"},"c":"\n"}`)).toEqual(['\t', '\n']);
    expect(read(String.raw`{"a":{"b":"x"}}`)).toEqual(['x', '']);
    expect(read('{"c":"y","a":{}}')).toEqual(['', 'y']);
    expect(read('{"a":{"b":1}')).toEqual(['', '']);
  });

  it('takes and refuses each letter as JSON.parse does, wherever it stands in a string', () => {
    const letters = [...Array.from({ length: 0x80 }, (_, code) => String.fromCharCode(code)), 'é', '€', '😀'];
    for (const letter of letters) {
      for (let before = 0; before < 9; before++) {
        const text = `${'x'.repeat(before)}${letter}${'y'.repeat(8 - before)}`;
        const document = `{"a":"${text}","b":"z"}`;
        const wanted = isJson(document) ? [(JSON.parse(document) as { a: string }).a] : undefined;
        expect(valuesAt(document, ['a'])).toEqual(wanted);
      }
    }
  });

  it('takes and refuses the same documents as JSON.parse, and finds the same values', () => {
    const edited = fc
      .tuple(
        fc.json({ maxDepth: 4 }),
        fc.nat(),
        fc.constantFrom('', '"', '\\', '{', ']', ',', '0', 'e', '.', '\n'),
      )
      .map(([text, where, insert]) => {
        const at = where % (text.length + 1);
        return text.slice(0, at) + insert + text.slice(insert === '' ? at + 1 : at);
      });
    fc.assert(
      fc.property(fc.oneof(fc.json({ maxDepth: 4 }), edited), (text) => {
        expect(valuesAt(text) !== undefined).toBe(isJson(text));
      }),
      { numRuns: 2000 },
    );
    fc.assert(
      fc.property(
        fc.dictionary(
          fc.string(),
          fc.oneof(
            fc.string({ unit: 'grapheme' }),
            fc.double({ noNaN: true, noDefaultInfinity: true }),
            fc.boolean(),
          ),
        ),
        (object) => {
          const names = Object.keys(object);
          const found = valuesAt(JSON.stringify(object), ...names.map((name) => [name]));
          const wanted = names.map((name) =>
            typeof object[name] === 'string' && object[name].isWellFormed()
              ? object[name]
              : JSON.stringify(object[name]),
          );
          expect(found).toEqual(wanted);
        },
      ),
      { numRuns: 500 },
    );
  });
});
