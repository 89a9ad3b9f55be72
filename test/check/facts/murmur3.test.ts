import { expect, it } from 'vitest';
import { murmur3 } from '../../../src/check/facts/murmur3.ts';

it('has the verification value that SMHasher, its test suite, expects of MurmurHash3_x86_128', () => {
  const hashes = Buffer.alloc(256 * 16);
  const key = Uint8Array.from({ length: 256 }, (_, index) => index);
  const words = new Uint32Array(4);
  for (let length = 0; length < 256; length++) {
    murmur3(key, 0, length, 256 - length, words);
    for (const [word, value] of words.entries()) hashes.writeUInt32LE(value, length * 16 + word * 4);
  }
  murmur3(hashes, 0, hashes.length, 0, words);
  expect(words[0]).toBe(0xb3ece62a);
});
