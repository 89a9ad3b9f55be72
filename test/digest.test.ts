import { expect, test } from 'vitest';
import { digestOf } from '../src/digest.ts';

const origin = { run: 'r', producer: 'p0', session: 0, sequence: 1 };
const bytes = (text: string): Buffer => Buffer.from(text);

test('every part of a message changes its digest, and where one part ends does too', () => {
  const digests = [
    digestOf(bytes('key'), bytes('payload'), origin),
    digestOf(bytes('keyp'), bytes('ayload'), origin),
    digestOf(null, bytes('payload'), origin),
    digestOf(bytes(''), bytes('payload'), origin),
    digestOf(bytes('key'), null, origin),
    digestOf(bytes('key'), bytes(''), origin),
    digestOf(bytes('key'), bytes('payload'), { ...origin, run: 's' }),
    digestOf(bytes('key'), bytes('payload'), { ...origin, producer: 'p1' }),
    digestOf(bytes('key'), bytes('payload'), { ...origin, session: 1 }),
    digestOf(bytes('key'), bytes('payload'), { ...origin, sequence: 2 }),
  ];
  expect(new Set(digests).size).toBe(digests.length);
});

test('payloads larger than any before are digested whole', () => {
  const large = Buffer.alloc(3_000_000, 'a');
  const before = digestOf(null, large, origin);
  large[2_999_999] = 0;
  expect(digestOf(null, large, origin)).not.toBe(before);
});
