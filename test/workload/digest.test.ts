import { expect, test } from 'vitest';
import {
  DigestedMessage,
  digestOf,
  digestText,
  digestWithin,
  readDigest,
  writeDigest,
} from '../../src/workload/digest.ts';

const origin = { run: 'r', producer: 'p0', session: 0, sequence: 1 };
const bytes = (text: string): Buffer => Buffer.from(text);

test('every part of a message changes its digest, and so does the border between key and payload', () => {
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

test('a payload of 3 MB is digested to its last byte', () => {
  const large = Buffer.alloc(3_000_000, 'a');
  const before = digestOf(null, large, origin);
  large[2_999_999] = 0;
  expect(digestOf(null, large, origin)).not.toBe(before);
});

test('a DigestedMessage that is reused gives the same digests as digestOf', () => {
  const alike = new DigestedMessage(4, 9, { ...origin, run: 'rün', sequence: 10 });
  const target = Buffer.alloc(20, '-');
  for (const [key, payload, sequence] of [
    ['key1', 'payload-1', 10],
    ['key2', 'payload-2', 99],
  ] as const) {
    alike.key.set(bytes(key));
    alike.payload.set(bytes(payload));
    alike.sequence.set(bytes(String(sequence)));
    writeDigest(target, 2, alike.digest);
    const digest = digestText(digestOf(bytes(key), bytes(payload), { ...origin, run: 'rün', sequence }));
    expect(String(target)).toBe(`--${digest}--`);
    expect(readDigest(target, 2)).toBe(alike.digest);
  }
});

test('digestWithin gives the same digest as digestOf, also for null and empty parts', () => {
  const lying = { bytes: bytes('..keypayload..'), keyStart: 2, keyEnd: 5, payloadStart: 5, payloadEnd: 12 };
  expect(digestWithin(lying, origin)).toBe(digestOf(bytes('key'), bytes('payload'), origin));
  expect(digestWithin({ ...lying, keyStart: -1 }, origin)).toBe(digestOf(null, bytes('payload'), origin));
  expect(digestWithin({ ...lying, keyEnd: 2 }, origin)).toBe(digestOf(bytes(''), bytes('payload'), origin));
  expect(digestWithin({ ...lying, payloadStart: -1 }, origin)).toBe(digestOf(bytes('key'), null, origin));
  expect(digestWithin({ ...lying, payloadEnd: 5 }, origin)).toBe(digestOf(bytes('key'), bytes(''), origin));
});
