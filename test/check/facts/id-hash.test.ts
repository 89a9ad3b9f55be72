import fc from 'fast-check';
import { expect, it } from 'vitest';
import { digestNull, digestValue, hashId } from '../../../src/check/facts/id-hash.ts';

function digestOf(value: Uint8Array | null): string {
  const words = new Uint32Array(4);
  if (value === null) digestNull(words, 2);
  else digestValue(Buffer.from([7, ...value, 7]), 1, value.length + 1, words, 2);
  return words.join(' ');
}

function hashOf(id: Uint8Array): string {
  const words = new Uint32Array(4);
  hashId(Buffer.from([7, ...id, 7]), 1, id.length + 1, words);
  return words.join(' ');
}

const bytes = fc.uint8Array({ maxLength: 100 });

it('digests and hashes are equal exactly if the bytes are', () => {
  const pair = fc.oneof(
    fc.tuple(bytes, bytes),
    fc.tuple(bytes, fc.nat(), fc.nat(255)).map(([a, at, byte]) => {
      const b = Uint8Array.from(a);
      if (b.length > 0) b[at % b.length] = byte;
      return [a, b] as const;
    }),
    bytes.map((a) => [a, Uint8Array.from([...a, 0])] as const),
  );
  fc.assert(
    fc.property(pair, ([a, b]) => {
      expect(digestOf(a) === digestOf(b)).toBe(Buffer.from(a).equals(b));
      expect(hashOf(a) === hashOf(b)).toBe(Buffer.from(a).equals(b));
    }),
    { numRuns: 1000 },
  );
});

it('NULL differs from an empty value, and from zero bytes', () => {
  for (let length = 0; length <= 16; length++) {
    expect(digestOf(new Uint8Array(length))).not.toBe(digestOf(null));
  }
});

it('the words of a hash spread evenly', () => {
  const words = new Uint32Array(4);
  const counts = Array.from({ length: 4 }, () => new Uint32Array(16));
  for (let number = 0; number < 16_000; number++) {
    const id = Buffer.from(`order-${number}`);
    hashId(id, 0, id.length, words);
    for (const [word, count] of counts.entries()) count[words[word]! >>> 28]! += 1;
  }
  for (const count of counts.flatMap((each) => [...each])) expect(Math.abs(count - 1000)).toBeLessThan(200);
});
