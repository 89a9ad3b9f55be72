import fc from 'fast-check';
import { expect, test } from 'vitest';
import { OutputLines, type WantedLines } from '../../src/processes/output-lines.ts';

/** The lines that are told when the text comes in pieces of these sizes. */
function linesOf(text: Buffer, sizes: readonly number[], wanted: WantedLines): string[] {
  const told: string[] = [];
  const lines = new OutputLines(
    () => wanted,
    (line) => told.push(line),
  );
  for (let at = 0, i = 0; at < text.length; i++) {
    const size = sizes[i % sizes.length]!;
    lines.add(text.subarray(at, at + size));
    at += size;
  }
  return told;
}

test('lines are told once and whole, however the output is cut into pieces', () => {
  const texts = fc.array(fc.constantFrom('\n', 'a', '"point"', '\r\n', 'é', 'x"poi'), { maxLength: 60 });
  const sizes = fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1, maxLength: 5 });
  fc.assert(
    fc.property(texts, sizes, (parts, given) => {
      const text = parts.join('');
      const all = text
        .split('\n')
        .slice(0, -1)
        .map((line) => line.replace(/\r$/, ''));
      expect(linesOf(Buffer.from(text), given, 'all')).toEqual(all);
      const some = linesOf(Buffer.from(text), given, { containing: '"point"' });
      expect(some).toEqual(all.filter((line) => line.includes('"point"')));
      expect(linesOf(Buffer.from(text), given, 'none')).toEqual([]);
    }),
  );
});

test('a line of any length is cut, and the next line is whole', () => {
  const text = Buffer.from(`${'x'.repeat(200_000)}\nnext\n`);
  const [long, next] = linesOf(text, [64_000], 'all');
  expect(long).toBe('x'.repeat(64 * 1024));
  expect(next).toBe('next');
});
