/**
 * MurmurHash3_x86_128, Austin Appleby's hash of 128 bits in words of 32 bits, which JavaScript multiplies without an
 * object for each number. Different texts of up to 12 bytes have different hashes for certain, longer ones as far as 128
 * bits can. It is no protection against ids that were made to collide.
 */
const [c1, c2, c3, c4] = [0x239b961b, 0xab0e9789, 0x38b34ae5, 0xa1e38b93];
const blockBytes = 16;

/** Puts the four words of the hash of the bytes from `start` to `end` into `into`. */
export function murmur3(
  bytes: Uint8Array,
  start: number,
  end: number,
  seed: number,
  into: Uint32Array,
): void {
  let h1 = seed;
  let h2 = seed;
  let h3 = seed;
  let h4 = seed;
  let at = start;
  for (; at + blockBytes <= end; at += blockBytes) {
    h1 ^= mixed(wordAt(bytes, at), c1, 15, c2);
    h1 = (Math.imul(rotated(h1, 19) + h2, 5) + 0x561ccd1b) | 0;
    h2 ^= mixed(wordAt(bytes, at + 4), c2, 16, c3);
    h2 = (Math.imul(rotated(h2, 17) + h3, 5) + 0x0bcaa747) | 0;
    h3 ^= mixed(wordAt(bytes, at + 8), c3, 17, c4);
    h3 = (Math.imul(rotated(h3, 15) + h4, 5) + 0x96cd1c35) | 0;
    h4 ^= mixed(wordAt(bytes, at + 12), c4, 18, c1);
    h4 = (Math.imul(rotated(h4, 13) + h1, 5) + 0x32ac3b17) | 0;
  }
  const length = end - start;
  h1 ^= mixed(restAt(bytes, at, end), c1, 15, c2) ^ length;
  h2 ^= mixed(restAt(bytes, at + 4, end), c2, 16, c3) ^ length;
  h3 ^= mixed(restAt(bytes, at + 8, end), c3, 17, c4) ^ length;
  h4 ^= mixed(restAt(bytes, at + 12, end), c4, 18, c1) ^ length;
  h1 = (h1 + h2 + h3 + h4) | 0;
  h2 = scattered(h2 + h1);
  h3 = scattered(h3 + h1);
  h4 = scattered(h4 + h1);
  h1 = scattered(h1);
  h1 = (h1 + h2 + h3 + h4) | 0;
  into[0] = h1;
  into[1] = h2 + h1;
  into[2] = h3 + h1;
  into[3] = h4 + h1;
}

const wordAt = (bytes: Uint8Array, at: number): number =>
  bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 24);

/** Up to four bytes before the end; 0 if there are none. */
function restAt(bytes: Uint8Array, at: number, end: number): number {
  if (at + 4 <= end) return wordAt(bytes, at);
  let word = 0;
  for (let index = at; index < end; index++) word |= bytes[index]! << (8 * (index - at));
  return word;
}

const rotated = (word: number, bits: number): number => (word << bits) | (word >>> (32 - bits));

const mixed = (word: number, before: number, bits: number, after: number): number =>
  Math.imul(rotated(Math.imul(word, before), bits), after);

function scattered(word: number): number {
  let bits = word;
  bits = Math.imul(bits ^ (bits >>> 16), 0x85ebca6b);
  bits = Math.imul(bits ^ (bits >>> 13), 0xc2b2ae35);
  return bits ^ (bits >>> 16);
}
