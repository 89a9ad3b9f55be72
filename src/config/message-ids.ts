/** The ids of messages: pure functions of the run and the sequence. */
import { createHash } from 'node:crypto';
import { scramble } from '../workload/splitmix.ts';
import type { MessagesConfig } from './config.ts';

export function idsOf(kind: NonNullable<MessagesConfig['ids']>, run: string): (sequence: number) => string {
  if (kind === 'text') return (sequence) => `${run}-${sequence}`;
  const hash = createHash('sha256').update(run).digest();
  return kind === 'uuid' ? uuidsOf(hash) : integersOf(hash);
}

/** Ids of this many messages follow one another. */
const sequencesMax = 2 ** 32;

/** Successive integers. Those of two runs are far apart: they begin anywhere up to 2^53. */
function integersOf(hash: Buffer): (sequence: number) => string {
  const first = 1 + Number(hash.readBigUInt64BE(0) % BigInt(2 ** 53 - sequencesMax - 1));
  return (sequence) => String(first + sequence);
}

const hex = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, '0'));

/**
 * UUIDs of version 8. `scramble` gives each number another one, so the first eight digits alone tell the messages of a
 * run apart; all other digits tell runs apart.
 */
function uuidsOf(hash: Buffer): (sequence: number) => string {
  const [a, b, c, d] = [0, 4, 8, 12].map((at) => hash.readUInt32BE(at)) as [number, number, number, number];
  return (sequence) => {
    const first = scramble(sequence ^ a);
    const second = scramble(first ^ b);
    const third = scramble(second ^ c);
    const fourth = scramble(third ^ d);
    const version = `8${hex[(second >>> 8) & 0xff]}${hex[second & 0xff]!.slice(1)}`;
    const variant = hex[((third >>> 24) & 0x3f) | 0x80]!;
    return (
      `${word(first)}-${half(second >>> 16)}-${version}-${variant}${hex[(third >>> 16) & 0xff]}-` +
      `${half(third & 0xffff)}${word(fourth)}`
    );
  };
}

const half = (number: number): string => hex[number >>> 8]! + hex[number & 0xff]!;
const word = (number: number): string => half(number >>> 16) + half(number & 0xffff);
